/* A virtual RTL-SDR: librtlsdr's ABI over a rendered world, for programs that know only the real one.
 *
 * It shows what the real driver shows: the same gains, the same sample rates accepted and refused, the same
 * error numbers (libusb's), a USB stream that is lost when nobody reads it, and the faults that a scene asks
 * for. Behaviour follows the public documentation of rtl-sdr.h (osmocom); no code of it is used.
 * Time is stream time: it counts samples and retunes, and follows the wall clock only where `paced` is set.
 */
#define _GNU_SOURCE
#include "world.h"
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define API __attribute__((visibility("default")))
#define XTAL 28800000u
#define CHUNK 4096
#define PART 16384              /* samples: 7 ms at 2.4 MS/s */
#define ERROR_ACCESS (-3)      /* libusb's numbers */
#define ERROR_NO_DEVICE (-4)
#define ERROR_BUSY (-6)

enum async_state { IDLE, RUNNING, CANCELLING };

typedef struct rtlsdr_dev {
    char serial[40];
    int lock_fd;
    uint32_t center, old_center, rate, xtal, tuner_xtal;
    double real_rate, t, tuned_t, wall0;   /* stream time, that of the last retune, wall time at stream zero */
    int ppm, gain, gain_manual, direct, offset_tuning, testmode;
    uint8_t counter, gpio;
    long reads;
    int lost;
    atomic_int async, closing, asking;      /* asking: how many wait to change a setting */
    renderer *render;
    pthread_mutex_t mutex;
    uint64_t dither;
} rtlsdr_dev_t;

typedef void (*callback)(unsigned char *buf, uint32_t len, void *ctx);

static const int GAINS[] = {0, 9, 14, 27, 37, 77, 87, 125, 144, 157, 166, 197, 207, 229, 254,
                            280, 297, 328, 338, 364, 372, 386, 402, 421, 434, 439, 445, 480, 496};
#define N_GAINS (int)(sizeof GAINS / sizeof *GAINS)

static double wall(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + now.tv_nsec * 1e-9;
}

static void nap(double seconds) {
    if (seconds > 0) usleep((useconds_t)(seconds * 1e6));
}

/* ---- which devices are there ---- */

static void marker_path(const char *serial, char *path, size_t size, const char *what) {
    snprintf(path, size, "%s.%s.%s", world_path() ? world_path() : "/tmp/vdongle", serial, what);
}

static int unplugged_now(const device *d, int *ever) {
    /* An unplug leaves a file beside the scene, so that every process sees that the device is gone. */
    char path[600]; struct stat st; struct timespec now;
    marker_path(d->serial, path, sizeof path, "unplugged");
    *ever = !stat(path, &st);
    if (!*ever) return 0;
    clock_gettime(CLOCK_REALTIME, &now);
    double age = (double)(now.tv_sec - st.st_mtim.tv_sec) + (now.tv_nsec - st.st_mtim.tv_nsec) * 1e-9;
    return age < d->unplug_for_s;
}

static const device *device_at(uint32_t index) {
    const world *w = world_current();
    for (int i = 0, ever; i < w->n_devices; i++)
        if (!unplugged_now(&w->devices[i], &ever) && index-- == 0) return &w->devices[i];
    return NULL;
}

static const device *device_of(const rtlsdr_dev_t *dev) {
    const world *w = world_current();
    for (int i = 0; i < w->n_devices; i++)
        if (!strcmp(w->devices[i].serial, dev->serial)) return &w->devices[i];
    return NULL;
}

API uint32_t rtlsdr_get_device_count(void) {
    uint32_t n = 0;
    while (device_at(n)) n++;
    return n;
}

API const char *rtlsdr_get_device_name(uint32_t index) {
    return device_at(index) ? "Generic RTL2832U OEM" : "";
}

API int rtlsdr_get_device_usb_strings(uint32_t index, char *maker, char *product, char *serial) {
    const device *d = device_at(index);
    if (!d) return -2;
    if (d->denied) return ERROR_ACCESS;
    if (maker) strcpy(maker, d->maker);
    if (product) strcpy(product, d->product);
    if (serial) strcpy(serial, d->serial);
    return 0;
}

API int rtlsdr_get_index_by_serial(const char *serial) {
    if (!serial) return -1;
    uint32_t n = rtlsdr_get_device_count();
    if (!n) return -2;
    for (uint32_t i = 0; i < n; i++) {
        const device *d = device_at(i);
        if (d && !strcmp(d->serial, serial)) return (int)i;
    }
    return -3;
}

/* ---- open and close ---- */

API int rtlsdr_open(rtlsdr_dev_t **out, uint32_t index) {
    const device *d = device_at(index);
    if (!d) return -1;
    if (d->denied) { fprintf(stderr, "usb_open error %d\n", ERROR_ACCESS); return ERROR_ACCESS; }
    char path[600];
    marker_path(d->serial, path, sizeof path, "lock");
    int fd = open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0666);
    if (d->busy || (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB))) {
        if (fd >= 0) close(fd);
        fprintf(stderr, "usb_claim_interface error %d\n", ERROR_BUSY);
        return ERROR_BUSY;
    }
    rtlsdr_dev_t *dev = calloc(1, sizeof *dev);
    strcpy(dev->serial, d->serial);
    dev->lock_fd = fd; dev->xtal = dev->tuner_xtal = XTAL; dev->gain = 297; dev->dither = 1;
    dev->render = renderer_new(); dev->wall0 = wall();
    pthread_mutex_init(&dev->mutex, NULL);
    fprintf(stderr, "Found Rafael Micro R820T tuner\n");
    *out = dev;
    return 0;
}

API int rtlsdr_close(rtlsdr_dev_t *dev) {
    if (!dev) return -1;
    atomic_store(&dev->closing, 1);
    while (atomic_load(&dev->async) != IDLE) { atomic_store(&dev->async, CANCELLING); nap(0.001); }
    pthread_mutex_lock(&dev->mutex);            /* a read in another thread ends first */
    pthread_mutex_unlock(&dev->mutex);
    if (dev->lock_fd >= 0) close(dev->lock_fd);
    renderer_free(dev->render);
    free(dev);
    return 0;
}

/* ---- settings ---- */

static void take(rtlsdr_dev_t *dev) {
    /* For a setting: the thread that streams lets it go first, as USB's control transfers pass the bulk ones. */
    atomic_fetch_add(&dev->asking, 1);
    pthread_mutex_lock(&dev->mutex);
    atomic_fetch_sub(&dev->asking, 1);
}

API int rtlsdr_set_center_freq(rtlsdr_dev_t *dev, uint32_t freq) {
    if (!dev) return -1;
    const device *d = device_of(dev);
    if (!d || dev->lost) return ERROR_NO_DEVICE;
    int refused = freq < d->min_hz || freq > d->max_hz;
    for (int i = 0; i < d->refusals; i++) refused |= freq >= d->refuse_lo[i] && freq <= d->refuse_hi[i];
    if (refused) { fprintf(stderr, "[R82XX] PLL not locked!\n"); return -1; }
    take(dev);
    nap(d->retune_s);
    dev->t += d->retune_s;
    dev->old_center = dev->center; dev->center = freq; dev->tuned_t = dev->t;
    pthread_mutex_unlock(&dev->mutex);
    return 0;
}

API uint32_t rtlsdr_get_center_freq(rtlsdr_dev_t *dev) { return dev ? dev->center : 0; }

API int rtlsdr_set_freq_correction(rtlsdr_dev_t *dev, int ppm) {
    if (!dev) return -1;
    if (dev->ppm == ppm) return -2;             /* the real one says so too */
    dev->ppm = ppm;
    return 0;
}

API int rtlsdr_get_freq_correction(rtlsdr_dev_t *dev) { return dev ? dev->ppm : 0; }

API int rtlsdr_set_sample_rate(rtlsdr_dev_t *dev, uint32_t rate) {
    if (!dev) return -1;
    const device *d = device_of(dev);
    if (!d || dev->lost) return ERROR_NO_DEVICE;
    int refused = rate <= 225000 || rate > 3200000 || (rate > 300000 && rate <= 900000);
    for (int i = 0; i < d->refuse_rates; i++) refused |= rate == d->refuse_rate[i];
    if (refused) { fprintf(stderr, "Invalid sample rate: %u Hz\n", rate); return -EINVAL; }
    uint32_t ratio = (uint32_t)((double)XTAL * 4194304.0 / rate) & 0x0ffffffcu;
    uint32_t real = ratio | ((ratio & 0x08000000u) << 1);
    take(dev);
    dev->real_rate = (double)XTAL * 4194304.0 / real;
    dev->rate = (uint32_t)dev->real_rate;
    pthread_mutex_unlock(&dev->mutex);
    return 0;
}

API uint32_t rtlsdr_get_sample_rate(rtlsdr_dev_t *dev) { return dev ? dev->rate : 0; }

API int rtlsdr_get_tuner_type(rtlsdr_dev_t *dev) { return dev ? 5 : 0; }   /* R820T */

API int rtlsdr_get_tuner_gains(rtlsdr_dev_t *dev, int *gains) {
    if (!dev) return -1;
    if (gains) memcpy(gains, GAINS, sizeof GAINS);
    return N_GAINS;
}

API int rtlsdr_set_tuner_gain(rtlsdr_dev_t *dev, int gain) {
    if (!dev) return -1;
    int best = GAINS[0];
    for (int i = 0; i < N_GAINS; i++) if (abs(GAINS[i] - gain) < abs(best - gain)) best = GAINS[i];
    dev->gain = best;
    return 0;
}

API int rtlsdr_get_tuner_gain(rtlsdr_dev_t *dev) { return dev ? dev->gain : 0; }
API int rtlsdr_set_tuner_gain_mode(rtlsdr_dev_t *dev, int manual) {
    if (!dev) return -1;
    dev->gain_manual = manual;
    return 0;
}

static int accepted(rtlsdr_dev_t *dev) { return dev ? 0 : -1; }

API int rtlsdr_set_agc_mode(rtlsdr_dev_t *dev, int on) { (void)on; return accepted(dev); }
API int rtlsdr_set_tuner_if_gain(rtlsdr_dev_t *dev, int stage, int gain) { (void)stage; (void)gain; return accepted(dev); }
API int rtlsdr_set_tuner_bandwidth(rtlsdr_dev_t *dev, uint32_t bw) { (void)bw; return accepted(dev); }
API int rtlsdr_set_and_get_tuner_bandwidth(rtlsdr_dev_t *dev, uint32_t bw, uint32_t *applied, int apply) {
    (void)apply;
    if (applied) *applied = bw;
    return accepted(dev);
}
API int rtlsdr_set_bias_tee(rtlsdr_dev_t *dev, int on) { (void)on; return accepted(dev); }
API int rtlsdr_set_bias_tee_gpio(rtlsdr_dev_t *dev, int gpio, int on) { (void)gpio; (void)on; return accepted(dev); }
API int rtlsdr_set_dithering(rtlsdr_dev_t *dev, int on) { (void)on; return accepted(dev); }
API int rtlsdr_set_direct_sampling(rtlsdr_dev_t *dev, int on) { if (dev) dev->direct = on; return accepted(dev); }
API int rtlsdr_get_direct_sampling(rtlsdr_dev_t *dev) { return dev ? dev->direct : -1; }
API int rtlsdr_set_offset_tuning(rtlsdr_dev_t *dev, int on) { (void)on; return dev ? -2 : -1; }   /* not on an R820T */
API int rtlsdr_get_offset_tuning(rtlsdr_dev_t *dev) { return dev ? 0 : -1; }
API int rtlsdr_set_testmode(rtlsdr_dev_t *dev, int on) { if (dev) dev->testmode = on; return accepted(dev); }
API int rtlsdr_set_xtal_freq(rtlsdr_dev_t *dev, uint32_t rtl, uint32_t tuner) {
    if (!dev) return -1;
    if (rtl) dev->xtal = rtl;
    dev->tuner_xtal = tuner ? tuner : dev->xtal;
    return 0;
}
API int rtlsdr_get_xtal_freq(rtlsdr_dev_t *dev, uint32_t *rtl, uint32_t *tuner) {
    if (!dev) return -1;
    if (rtl) *rtl = dev->xtal;
    if (tuner) *tuner = dev->tuner_xtal;
    return 0;
}
API int rtlsdr_get_usb_strings(rtlsdr_dev_t *dev, char *maker, char *product, char *serial) {
    const device *d = dev ? device_of(dev) : NULL;
    if (!d) return -1;
    if (maker) strcpy(maker, d->maker);
    if (product) strcpy(product, d->product);
    if (serial) strcpy(serial, d->serial);
    return 0;
}
API int rtlsdr_read_eeprom(rtlsdr_dev_t *dev, uint8_t *data, uint8_t offset, uint16_t len) {
    (void)data; (void)offset; (void)len;
    return dev ? -3 : -1;                       /* it has none */
}
API int rtlsdr_write_eeprom(rtlsdr_dev_t *dev, uint8_t *data, uint8_t offset, uint16_t len) {
    return rtlsdr_read_eeprom(dev, data, offset, len);
}
API int rtlsdr_set_gpio_output(rtlsdr_dev_t *dev, uint8_t gpio) { (void)gpio; return accepted(dev); }
API int rtlsdr_set_gpio_input(rtlsdr_dev_t *dev, uint8_t gpio) { (void)gpio; return accepted(dev); }
API int rtlsdr_set_gpio_bit(rtlsdr_dev_t *dev, uint8_t gpio, int value) {
    if (dev) dev->gpio = (uint8_t)(value ? dev->gpio | 1 << gpio : dev->gpio & ~(1 << gpio));
    return accepted(dev);
}
API int rtlsdr_get_gpio_bit(rtlsdr_dev_t *dev, uint8_t gpio, int *value) {
    if (dev && value) *value = dev->gpio >> gpio & 1;
    return accepted(dev);
}
API int rtlsdr_set_gpio_byte(rtlsdr_dev_t *dev, int value) { if (dev) dev->gpio = (uint8_t)value; return accepted(dev); }
API int rtlsdr_get_gpio_byte(rtlsdr_dev_t *dev, int *value) { if (dev && value) *value = dev->gpio; return accepted(dev); }
API int rtlsdr_set_gpio_status(rtlsdr_dev_t *dev, int *status) { (void)status; return accepted(dev); }

/* ---- streaming ---- */

static void quantise(rtlsdr_dev_t *dev, int n, const float *re, const float *im, uint8_t *out) {
    if (dev->testmode) { for (int i = 0; i < 2 * n; i++) out[i] = dev->counter++; return; }
    for (int i = 0; i < n; i++) {
        float a = 128.0f + 127.5f * re[i], b = 128.0f + 127.5f * im[i];   /* truncation rounds about 127.5 */
        a = a < 0 ? 0 : a > 255 ? 255 : a; b = b < 0 ? 0 : b > 255 ? 255 : b;
        out[2 * i] = (uint8_t)a; out[2 * i + 1] = (uint8_t)b;
    }
}

static void fill(rtlsdr_dev_t *dev, const device *d, uint8_t *out, int samples) {
    float re[CHUNK], im[CHUNK];
    const world *w = world_current();
    double error = (d->ppm - dev->ppm) * 1e-6, rate = dev->real_rate * (1 + error);
    double gain = (dev->gain_manual ? dev->gain / 10.0 : 29.7) - d->gain_ref;
    for (int done = 0; done < samples;) {
        int n = samples - done < CHUNK ? samples - done : CHUNK, garbage = 0;
        uint32_t center = dev->center;
        double since = dev->t - dev->tuned_t, edge = -1;
        if (dev->old_center && since < d->stale_s) { center = dev->old_center; edge = d->stale_s; }
        else if (dev->old_center && since < d->stale_s + d->settle_s) { garbage = 1; edge = d->stale_s + d->settle_s; }
        if (edge > 0 && (edge - since) * rate < n) n = (int)((edge - since) * rate) + 1;
        render(dev->render, w, d, dev->t, center * (1 + error), center, rate, gain, garbage, n, re, im);
        quantise(dev, n, re, im, out + 2 * done);
        done += n;
        dev->t += n / rate;
    }
}

static void hang(rtlsdr_dev_t *dev) {
    while (!atomic_load(&dev->closing) && atomic_load(&dev->async) != CANCELLING) nap(0.005);
}

static int gone(rtlsdr_dev_t *dev, const device *d) {
    /* Is it unplugged or stalled by now? Returns 0, or the error after which nothing more comes. */
    int ever = 0;
    if (!d || (!dev->lost && unplugged_now(d, &ever))) dev->lost = 1;
    if (!dev->lost && d->unplug_after >= 0 && dev->reads >= d->unplug_after && !ever) {
        char path[600];
        marker_path(d->serial, path, sizeof path, "unplugged");
        int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0666);
        if (fd >= 0) close(fd);
        dev->lost = 1;
    }
    if (dev->lost) {
        if (d && d->hang) hang(dev);
        return ERROR_NO_DEVICE;
    }
    if (d->stall_after >= 0 && dev->reads >= d->stall_after) { hang(dev); return -7; }   /* a timeout */
    dev->reads++;
    return 0;
}

static void catch_up(rtlsdr_dev_t *dev, double slack) {
    /* Paced: what nobody read in time is lost, as on USB. */
    double behind = wall() - dev->wall0 - dev->t;
    if (behind > slack) dev->t += behind;
}

static double early_by(const rtlsdr_dev_t *dev) { return dev->t - (wall() - dev->wall0); }

API int rtlsdr_reset_buffer(rtlsdr_dev_t *dev) {
    if (!dev) return -1;
    take(dev);
    dev->wall0 = wall() - dev->t;
    pthread_mutex_unlock(&dev->mutex);
    return 0;
}

API int rtlsdr_read_sync(rtlsdr_dev_t *dev, void *buf, int len, int *n_read) {
    if (!dev || !dev->rate) return -1;
    pthread_mutex_lock(&dev->mutex);
    const device *d = device_of(dev);
    int error = gone(dev, d);
    if (error) { *n_read = 0; pthread_mutex_unlock(&dev->mutex); return error; }
    if (d->paced) catch_up(dev, 0);
    fill(dev, d, buf, len / 2);
    *n_read = len / 2 * 2;
    if (d->paced) nap(early_by(dev));
    nap(d->read_latency_s);
    pthread_mutex_unlock(&dev->mutex);
    return 0;
}

static int stream(rtlsdr_dev_t *dev, uint8_t *buf, int samples, uint32_t buffers) {
    /* One buffer of the stream. Paced, each part of it is heard in its own time, so that a setting changes
       the signal in the middle of a buffer; between two parts whoever wants to set something comes first. */
    for (int done = 0, part; done < samples; done += part) {
        while (atomic_load(&dev->asking)) nap(0.0002);
        pthread_mutex_lock(&dev->mutex);
        const device *d = device_of(dev);
        int error = done ? 0 : gone(dev, d);
        if (error || !d) { pthread_mutex_unlock(&dev->mutex); return error ? error : ERROR_NO_DEVICE; }
        if (d->paced && !done) catch_up(dev, buffers * samples / dev->real_rate);
        part = d->paced && samples - done > PART ? PART : samples - done;
        fill(dev, d, buf + 2 * done, part);
        double early = d->paced ? early_by(dev) : 0;
        pthread_mutex_unlock(&dev->mutex);
        nap(early);
    }
    return 0;
}

API int rtlsdr_read_async(rtlsdr_dev_t *dev, callback cb, void *ctx, uint32_t buffers, uint32_t len) {
    int idle = IDLE;
    if (!dev || !dev->rate) return -1;
    if (!atomic_compare_exchange_strong(&dev->async, &idle, RUNNING)) return -2;
    if (!buffers) buffers = 15;
    if (!len || len % 512) len = 16 * 32 * 512;
    uint8_t *buf = malloc(len);
    int error = 0;
    while (atomic_load(&dev->async) == RUNNING) {
        error = stream(dev, buf, (int)len / 2, buffers);
        if (error) break;
        if (atomic_load(&dev->async) == RUNNING) cb(buf, len, ctx);
        const device *d = device_of(dev);
        if (d) nap(d->read_latency_s);
    }
    free(buf);
    if (error && atomic_load(&dev->async) == CANCELLING) error = 0;
    atomic_store(&dev->async, IDLE);
    return error;
}

API int rtlsdr_wait_async(rtlsdr_dev_t *dev, callback cb, void *ctx) { return rtlsdr_read_async(dev, cb, ctx, 0, 0); }

API int rtlsdr_cancel_async(rtlsdr_dev_t *dev) {
    int running = RUNNING;
    if (!dev) return -1;
    return atomic_compare_exchange_strong(&dev->async, &running, CANCELLING) ? 0 : -2;
}
