/* Reads the scene text that $VDONGLE_SCENE names. One line, one thing; `#` starts a comment; frequencies in
 * hertz (433.92e6 will do), levels in dBFS at the reference gain, times in seconds.
 *
 *   device serial=00000001 product=RTL2838UHIDIR maker=Realtek    begins a device; what follows is its own:
 *     noise -100          noise density, dBFS/Hz
 *     gain_ref 29.7       tuner gain at which the levels hold (dB)
 *     dc -45 / image -40  DC spike (dBFS); IQ image (dB below the signal)
 *     ppm 12              its crystal runs this much too fast
 *     spur -417e3 -60     stays at this offset from the tuned centre
 *     retune 0.008        wall time that a retune takes
 *     stale 0.002         after a retune still the old frequency, then
 *     settle 0.003        garbage of level `garbage -20`
 *     latency 0.0005      wall time of each read
 *     paced 1             samples come no faster than their rate (default 0: as fast as they are asked for)
 *     ip3 0.2             third-order distortion, share of x|x|^2
 *     attenuation 10      hears everything weaker by so many dB (another antenna, another room)
 *     range 24e6 1766e6   tuning outside is refused;  refuse 500e6 510e6  and inside too
 *     refuse_rate 3.2e6   this sample rate is refused
 *     unplug_after 100    disappears after so many reads, for `unplug_for 2` seconds (default: for good)
 *     stall_after 100     reads hang from then on until closed
 *     hang 1              reads after an unplug never return (as on real ones) instead of failing
 *     busy 1 / denied 1   opening fails with LIBUSB_ERROR_BUSY / LIBUSB_ERROR_ACCESS
 *   carrier f=433.9e6 level=-40 [clock=1] [from=2 to=5] [device=SERIAL]
 *   am  f= level= tone=1000 depth=0.8        fm f= level= dev=3000 tone=1000 (tone=0: voice)
 *   ook f= level= baud=2000 on=0.1 period=1  fsk f= level= baud=20000 dev=36000 on= period=
 *   tdma f= level= baud=270833.33 frame=0.004615 burst=0.000546
 *   ofdm f= level= width=9e6                 15 kHz carriers, 4.7 us cyclic prefix
 *   recording f= rate=250e3 level=0 path=X.cu8   a cu8 file again and again, where its whole band is in sight;
 *                                            level 0 leaves its own full scale as it is
 */
#include "world.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <pthread.h>

static double from_db(double db) { return pow(10.0, db / 20.0); }

static void device_defaults(device *d) {
    memset(d, 0, sizeof *d);
    strcpy(d->serial, "00000001"); strcpy(d->product, "RTL2838UHIDIR"); strcpy(d->maker, "Realtek");
    d->noise_db = -100; d->gain_ref = 29.7; d->garbage = from_db(-20);
    d->min_hz = 22e6; d->max_hz = 1770e6; d->unplug_after = d->stall_after = -1; d->unplug_for_s = 1e9;
}

static void set_word(char *to, const char *text) { snprintf(to, 40, "%s", text); }

static void device_pair(device *d, const char *key, const char *value) {
    if (!strcmp(key, "serial")) set_word(d->serial, value);
    if (!strcmp(key, "product")) set_word(d->product, value);
    if (!strcmp(key, "maker")) set_word(d->maker, value);
}

static int device_line(device *d, const char *word, double a, double b) {
    if (!strcmp(word, "noise")) d->noise_db = a;
    else if (!strcmp(word, "gain_ref")) d->gain_ref = a;
    else if (!strcmp(word, "dc")) d->dc = from_db(a);
    else if (!strcmp(word, "image")) d->image = from_db(a);
    else if (!strcmp(word, "ppm")) d->ppm = a;
    else if (!strcmp(word, "retune")) d->retune_s = a;
    else if (!strcmp(word, "stale")) d->stale_s = a;
    else if (!strcmp(word, "settle")) d->settle_s = a;
    else if (!strcmp(word, "garbage")) d->garbage = from_db(a);
    else if (!strcmp(word, "latency")) d->read_latency_s = a;
    else if (!strcmp(word, "paced")) d->paced = (int)a;
    else if (!strcmp(word, "ip3")) d->ip3 = a;
    else if (!strcmp(word, "attenuation")) d->attenuation_db = a;
    else if (!strcmp(word, "unplug_after")) d->unplug_after = (long)a;
    else if (!strcmp(word, "unplug_for")) d->unplug_for_s = a;
    else if (!strcmp(word, "stall_after")) d->stall_after = (long)a;
    else if (!strcmp(word, "hang")) d->hang = (int)a;
    else if (!strcmp(word, "busy")) d->busy = (int)a;
    else if (!strcmp(word, "denied")) d->denied = (int)a;
    else if (!strcmp(word, "range")) { d->min_hz = a; d->max_hz = b; }
    else if (!strcmp(word, "refuse_rate") && d->refuse_rates < MAX_REFUSALS)
        d->refuse_rate[d->refuse_rates++] = (uint32_t)a;
    else if (!strcmp(word, "refuse") && d->refusals < MAX_REFUSALS) {
        d->refuse_lo[d->refusals] = a; d->refuse_hi[d->refusals++] = b;
    } else if (!strcmp(word, "spur") && d->spurs < MAX_SPURS) {
        d->spur_f[d->spurs] = a; d->spur_a[d->spurs++] = from_db(b);
    } else return 0;
    return 1;
}

static const char *KINDS[] = {"carrier", "am", "fm", "ook", "fsk", "tdma", "ofdm", "recording"};

static int emitter_kind(const char *word) {
    for (int i = 0; i <= RECORDING; i++) if (!strcmp(word, KINDS[i])) return i;
    return -1;
}

static void emitter_defaults(emitter *e, int kind) {
    memset(e, 0, sizeof *e);
    e->kind = kind; e->amp = from_db(-40); e->tone = 1000; e->depth = 0.8; e->dev = 3000; e->baud = 2000;
    e->on = 1; e->period = 1; e->to = 1e18; e->frame = 0.06 / 13; e->burst = 148 * 48e-6 / 13; e->width = 9e6;
    e->rate = 250e3;
    if (kind == RECORDING) e->amp = 1;
    if (kind == TDMA) e->baud = 1625e3 / 6;
    if (kind == FSK) { e->dev = 36e3; e->baud = 20e3; }
}

static void emitter_pair(emitter *e, const char *key, const char *value) {
    double v = atof(value);
    struct { const char *name; double *field; } fields[] = {
        {"f", &e->f}, {"tone", &e->tone}, {"depth", &e->depth}, {"dev", &e->dev}, {"baud", &e->baud},
        {"on", &e->on}, {"period", &e->period}, {"frame", &e->frame}, {"burst", &e->burst},
        {"width", &e->width}, {"rate", &e->rate}, {"from", &e->from}, {"to", &e->to}};
    for (unsigned i = 0; i < sizeof fields / sizeof *fields; i++)
        if (!strcmp(key, fields[i].name)) { *fields[i].field = v; return; }
    if (!strcmp(key, "level")) e->amp = from_db(v);
    else if (!strcmp(key, "clock")) e->clock = (int)v;
    else if (!strcmp(key, "device")) set_word(e->device, value);
    else if (!strcmp(key, "path")) snprintf(e->path, sizeof e->path, "%s", value);
    else fprintf(stderr, "vdongle: unknown key %s\n", key);
}

static void parse_line(world *w, char *line) {
    char *comment = strchr(line, '#');
    if (comment) *comment = 0;
    char *save, *word = strtok_r(line, " \t\r\n", &save);
    if (!word) return;
    device *d = NULL; emitter *e = NULL;
    int kind = emitter_kind(word);
    if (!strcmp(word, "device") && w->n_devices < MAX_DEVICES) device_defaults(d = &w->devices[w->n_devices++]);
    else if (kind >= 0 && w->n_emitters < MAX_EMITTERS) emitter_defaults(e = &w->emitters[w->n_emitters++], kind);
    double numbers[2] = {0, 0}; int got = 0;
    for (char *token; (token = strtok_r(NULL, " \t\r\n", &save));) {
        char *equals = strchr(token, '=');
        if (!equals) { if (got < 2) numbers[got++] = atof(token); continue; }
        *equals = 0;
        if (d) device_pair(d, token, equals + 1);
        else if (e) emitter_pair(e, token, equals + 1);
    }
    if (!d && !e && !(w->n_devices && device_line(&w->devices[w->n_devices - 1], word, numbers[0], numbers[1])))
        fprintf(stderr, "vdongle: unknown line: %s\n", word);
}

const char *world_path(void) { return getenv("VDONGLE_SCENE"); }

const world *world_current(void) {
    /* Two worlds, so that a thread that renders keeps a whole one while another reads the file anew. */
    static world worlds[2];
    static int shown;
    static struct timespec seen;
    static uint64_t versions;
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    pthread_mutex_lock(&lock);
    struct stat st;
    const char *path = world_path();
    if (!path || stat(path, &st)) {
        if (worlds[shown].n_devices) { worlds[shown].n_devices = 0; worlds[shown].version = ++versions; }
        seen.tv_sec = 0;
    } else if (st.st_mtim.tv_sec != seen.tv_sec || st.st_mtim.tv_nsec != seen.tv_nsec) {
        FILE *file = fopen(path, "r");
        if (file) {
            world *fresh = &worlds[!shown];
            memset(fresh, 0, sizeof *fresh);
            char line[1024];
            while (fgets(line, sizeof line, file)) parse_line(fresh, line);
            fclose(file);
            fresh->version = ++versions;
            seen = st.st_mtim;
            shown = !shown;
        }
    }
    const world *now = &worlds[shown];
    pthread_mutex_unlock(&lock);
    return now;
}
