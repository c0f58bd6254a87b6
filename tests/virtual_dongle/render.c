/* Renders what the dongle hears. Every emitter is a function of stream time, so that a retune and back finds
 * the same signal; noise is drawn from two stretches of a precomputed Gaussian table, which repeats its pairs
 * only after 2^38 samples. Loops are plain and over floats, for the compiler to vectorise. */
#include "world.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define TABLE (1 << 19)     /* complex Gaussian samples, unit power */
#define STRETCH 1024        /* samples between two jumps in the table */
#define SINE_BITS 13
#define VOICE_RATE 16000
#define VOICE (1 << 17)     /* 8.2 s of voice, then again */
#define FSK_BITS 1024
#define GMSK_BURSTS 64
#define GMSK_SYMBOLS 160
#define GMSK_OVER 8

static float noise_re[TABLE], noise_im[TABLE], sine[(1 << SINE_BITS) * 5 / 4];
static float voice[VOICE + 1], voice_sum[VOICE + 1];
static float fsk_sum[FSK_BITS + 1]; static int8_t fsk_bit[FSK_BITS];
static float gmsk[GMSK_BURSTS][GMSK_SYMBOLS * GMSK_OVER + 1];
static pthread_once_t once = PTHREAD_ONCE_INIT;

struct renderer {
    uint64_t random;
    uint64_t version; double lo, rate;          /* what the OFDM loops were made for */
    float *loop[MAX_EMITTERS][2]; int loop_n;
};

static uint64_t next_random(uint64_t *s) {      /* xorshift64* (Vigna 2016) */
    *s ^= *s >> 12; *s ^= *s << 25; *s ^= *s >> 27;
    return *s * 2685821657736338717ULL;
}
static double uniform(uint64_t *s) { return ((next_random(s) >> 11) + 0.5) * 0x1p-53; }
static uint64_t mix(uint64_t x) {               /* splitmix64's finaliser: a hash of a counter */
    x += 0x9E3779B97F4A7C15ULL; x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ULL;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBULL; return x ^ (x >> 31);
}

static void make_voice(void) {
    /* Noise through two one-pole filters (300..2500 Hz), keyed by syllables of about 4 Hz. */
    uint64_t s = 77; double low = 0, high = 0, envelope = 0, target = 1, sum = 0, mean = 0;
    for (int i = 0; i < VOICE; i++) {
        if (i % (VOICE_RATE / 5) == 0) target = uniform(&s) < 0.7 ? 0.3 + uniform(&s) : 0.02;
        envelope += (target - envelope) * 0.003;
        double white = 2 * uniform(&s) - 1;
        low += (white - low) * 0.6; high += (low - high) * 0.11;
        voice[i] = (float)((low - high) * envelope * 2.2);
        if (voice[i] > 1) voice[i] = 1;
        if (voice[i] < -1) voice[i] = -1;
        mean += voice[i] / VOICE;
    }
    for (int i = 0; i <= VOICE; i++) {
        voice_sum[i] = (float)(sum / VOICE_RATE);
        if (i < VOICE) { voice[i] -= (float)mean; sum += voice[i]; }
    }
    voice[VOICE] = voice[0];
}

static void make_gmsk(void) {
    /* Frequency pulse: a bit through a Gaussian of BT 0.3 (3GPP 45.004), +-1/4 turn of phase a bit. */
    double pulse[5 * GMSK_OVER], total = 0; uint64_t s = 5;
    for (int i = 0; i < 5 * GMSK_OVER; i++) {
        double t = (i + 0.5) / GMSK_OVER - 2.5, k = 2 * M_PI * 0.3 / sqrt(2 * log(2));
        pulse[i] = erf(k * (t + 0.5)) - erf(k * (t - 0.5)); total += pulse[i];
    }
    for (int b = 0; b < GMSK_BURSTS; b++) {
        double step[GMSK_SYMBOLS * GMSK_OVER] = {0}, sum = 0;
        for (int k = 0; k + 5 < GMSK_SYMBOLS; k++) {
            double bit = next_random(&s) >> 63 ? 0.25 : -0.25;
            for (int i = 0; i < 5 * GMSK_OVER; i++) step[k * GMSK_OVER + i] += bit * pulse[i] / total;
        }
        for (int i = 0; i < GMSK_SYMBOLS * GMSK_OVER; i++) { gmsk[b][i] = (float)sum; sum += step[i]; }
        gmsk[b][GMSK_SYMBOLS * GMSK_OVER] = (float)sum;
    }
}

static void make_tables(void) {
    uint64_t s = 20260101;
    for (int i = 0; i < TABLE; i++) {           /* Box and Muller: |z|^2 is exponential with mean 1 */
        double r = sqrt(-log(uniform(&s))), a = 2 * M_PI * uniform(&s);
        noise_re[i] = (float)(r * cos(a)); noise_im[i] = (float)(r * sin(a));
    }
    for (int i = 0; i < (1 << SINE_BITS) * 5 / 4; i++) sine[i] = (float)sin(2 * M_PI * i / (1 << SINE_BITS));
    int sum = 0;
    for (int i = 0; i < FSK_BITS; i++) {
        fsk_sum[i] = (float)sum;
        fsk_bit[i] = i % 2 ? -fsk_bit[i - 1] : (next_random(&s) >> 63 ? 1 : -1);   /* Manchester: no drift */
        sum += fsk_bit[i];
    }
    fsk_sum[FSK_BITS] = (float)sum;
    make_voice(); make_gmsk();
}

static uint32_t turns(double cycles) { return (uint32_t)(int64_t)((cycles - floor(cycles)) * 4294967296.0); }

static void add_turn(uint32_t phase, float amp, float *re, float *im) {
    uint32_t i = phase >> (32 - SINE_BITS);
    *re += amp * sine[i + (1 << SINE_BITS) / 4]; *im += amp * sine[i];
}

static void tone_block(double cycles, double step, float amp, int n, float *re, float *im) {
    /* A phasor recurrence in eight lanes, set anew each call: no drift, and it vectorises. */
    float lr[8], li[8], sr = (float)cos(2 * M_PI * step * 8), si = (float)sin(2 * M_PI * step * 8);
    for (int k = 0; k < 8; k++) {
        double a = 2 * M_PI * (cycles - floor(cycles) + step * k);
        lr[k] = amp * (float)cos(a); li[k] = amp * (float)sin(a);
    }
    int i = 0;
    for (; i + 8 <= n; i += 8)
        for (int k = 0; k < 8; k++) {
            re[i + k] += lr[k]; im[i + k] += li[k];
            float r = lr[k] * sr - li[k] * si; li[k] = lr[k] * si + li[k] * sr; lr[k] = r;
        }
    for (int k = 0; i < n; i++, k++) { re[i] += lr[k]; im[i] += li[k]; }
}

static void sound(const emitter *e, double t, float *audio, float *area) {
    /* The audio now, and its integral (which FM needs), for a tone or the voice loop. */
    if (e->tone > 0) {
        double a = 2 * M_PI * e->tone * t;
        *audio = (float)sin(a); *area = (float)(-cos(a) / (2 * M_PI * e->tone));
        return;
    }
    double at = t * VOICE_RATE; int64_t whole = (int64_t)at; int i = (int)(whole % VOICE); float x = (float)(at - whole);
    *audio = voice[i]; *area = voice_sum[i] + x * voice[i] / VOICE_RATE;
}

static void sound_block(const emitter *e, double t, double cycles, double step, float amp, double dt, int n,
                        float *re, float *im) {
    uint32_t phase = turns(cycles), inc = (uint32_t)(int64_t)(step * 4294967296.0);
    for (int i = 0; i < n; i += 16) {            /* audio every 16 samples, straight between */
        float a0, s0, a1, s1; int m = n - i < 16 ? n - i : 16;
        sound(e, t + i * dt, &a0, &s0); sound(e, t + (i + m) * dt, &a1, &s1);
        for (int k = 0; k < m; k++, phase += inc) {
            float x = (float)k / m;
            if (e->kind == AM) add_turn(phase, amp * (float)(1 + e->depth * (a0 + x * (a1 - a0))), re + i + k, im + i + k);
            else add_turn(phase + turns(e->dev * (s0 + x * (double)(s1 - s0))), amp, re + i + k, im + i + k);
        }
    }
}

static void keyed_block(const emitter *e, double t, double cycles, double step, float amp, double dt, int n,
                        float *re, float *im) {
    uint32_t phase = turns(cycles), inc = (uint32_t)(int64_t)(step * 4294967296.0);
    for (int i = 0; i < n; i++, phase += inc) {
        double now = t + i * dt, packet = floor(now / e->period), into = now - packet * e->period;
        if (into >= e->on) continue;
        double at = into * e->baud; int64_t whole = (int64_t)at; int b = (int)(whole % FSK_BITS);
        if (e->kind == OOK) { if (whole == 0 || fsk_bit[b] > 0) add_turn(phase, amp, re + i, im + i); continue; }
        add_turn(phase + turns(e->dev / e->baud * (fsk_sum[b] + fsk_bit[b] * (at - whole))), amp, re + i, im + i);
    }
}

static void tdma_block(const emitter *e, double t, double cycles, double step, float amp, double dt, int n,
                       float *re, float *im) {
    uint32_t phase = turns(cycles), inc = (uint32_t)(int64_t)(step * 4294967296.0);
    const double ramp = 4 / e->baud;
    for (int i = 0; i < n; i++, phase += inc) {
        double now = t + i * dt, frame = floor(now / e->frame), into = now - frame * e->frame;
        if (into >= e->burst || ((int64_t)frame) % 26 == 25) continue;
        double at = into * e->baud * GMSK_OVER; int64_t whole = (int64_t)at;
        int j = (int)(whole % (GMSK_SYMBOLS * GMSK_OVER));
        const float *p = gmsk[mix((uint64_t)frame) % GMSK_BURSTS];
        double left = into < e->burst - into ? into : e->burst - into;
        float window = left < ramp ? (float)(0.5 - 0.5 * cos(M_PI * left / ramp)) : 1.0f;
        add_turn(phase + turns(p[j] + (p[j + 1] - p[j]) * (at - whole)), amp * window, re + i, im + i);
    }
}

static void ofdm_loop(renderer *r, int index, const emitter *e, double lo, double rate) {
    /* 10 ms = 140 symbols of the subcarriers inside the window, at this sample rate; it repeats. */
    int n = r->loop_n, half = (int)(e->width / 2 / 15e3);
    float *re = calloc(n, sizeof *re), *im = calloc(n, sizeof *im);
    r->loop[index][0] = re; r->loop[index][1] = im;
    int lowest = (int)ceil((lo - 0.5 * rate - e->f) / 15e3), highest = (int)floor((lo + 0.5 * rate - e->f) / 15e3);
    if (lowest < -half) lowest = -half;
    if (highest > half) highest = half;
    float amp = (float)(1 / sqrt(2.0 * half));
    for (int symbol = 0; symbol < 140; symbol++) {
        int first = (int)((int64_t)symbol * n / 140), last = (int)((int64_t)(symbol + 1) * n / 140);
        double start = (last - first) / rate - 1 / 15e3;    /* the prefix: the symbol's end stands before it */
        for (int k = lowest; k <= highest; k++) {
            if (k == 0) continue;
            double q = 0.125 + 0.25 * (mix(mix((uint64_t)symbol << 20 | (uint64_t)(k + half)) + index) & 3);
            tone_block(q - k * 15e3 * start, k * 15e3 / rate, amp, last - first, re + first, im + first);
        }
    }
}

static void ofdm_block(renderer *r, int index, const emitter *e, double t, double cycles, double step, float amp,
                       double lo, double rate, int n, float *re, float *im) {
    if (!r->loop[index][0]) ofdm_loop(r, index, e, lo, rate);
    const float *lr = r->loop[index][0], *li = r->loop[index][1];
    uint32_t phase = turns(cycles), inc = (uint32_t)(int64_t)(step * 4294967296.0);
    int64_t at = (int64_t)floor(t * rate + 0.5) % r->loop_n;
    for (int i = 0; i < n; i++, phase += inc) {
        uint32_t k = phase >> (32 - SINE_BITS);
        float c = amp * sine[k + (1 << SINE_BITS) / 4], s = amp * sine[k];
        re[i] += lr[at] * c - li[at] * s; im[i] += lr[at] * s + li[at] * c;
        if (++at == r->loop_n) at = 0;
    }
}

typedef struct { char path[400]; const uint8_t *bytes; int64_t samples; } tape;

static const tape *tape_of(const char *path) {
    /* Files are mapped once and stay; one that cannot be read is an empty tape. */
    static tape tapes[32];
    static int count;
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    pthread_mutex_lock(&lock);
    tape *found = NULL;
    for (int i = 0; i < count && !found; i++) if (!strcmp(tapes[i].path, path)) found = &tapes[i];
    if (!found && count < 32) {
        found = &tapes[count++];
        strncpy(found->path, path, sizeof found->path - 1);
        struct stat st;
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd >= 0 && !fstat(fd, &st) && st.st_size >= 8) {
            void *map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
            if (map != MAP_FAILED) { found->bytes = map; found->samples = st.st_size / 2; }
        }
        if (fd >= 0) close(fd);
    }
    pthread_mutex_unlock(&lock);
    return found;
}

static void recording_block(const emitter *e, double t, double cycles, double step, float amp, double dt, int n,
                            float *re, float *im) {
    const tape *tape = tape_of(e->path);
    if (!tape || !tape->samples) return;
    uint32_t phase = turns(cycles), inc = (uint32_t)(int64_t)(step * 4294967296.0);
    double at = fmod(t * e->rate, (double)tape->samples), ahead = e->rate * dt;
    for (int i = 0; i < n; i++, phase += inc) {
        int64_t k = (int64_t)at; float x = (float)(at - k), z[2];
        for (int q = 0; q < 2; q++) {           /* a cubic through four samples (Catmull and Rom) */
            float p[4];
            for (int j = 0; j < 4; j++) {
                int64_t m = (k + j - 1 + tape->samples) % tape->samples;
                p[j] = (tape->bytes[2 * m + q] - 127.5f) / 127.5f;
            }
            z[q] = p[1] + 0.5f * x * (p[2] - p[0] + x * (2 * p[0] - 5 * p[1] + 4 * p[2] - p[3]
                   + x * (3 * (p[1] - p[2]) + p[3] - p[0])));
        }
        uint32_t s = phase >> (32 - SINE_BITS);
        float c = amp * sine[s + (1 << SINE_BITS) / 4], d = amp * sine[s];
        re[i] += z[0] * c - z[1] * d; im[i] += z[0] * d + z[1] * c;
        at += ahead;
        if (at >= tape->samples) at -= tape->samples;
    }
}

static float filter_gain(double offset, double rate) {
    /* The resampler's filter: flat to 0.42 of the rate, gone at 0.55. */
    double x = (fabs(offset) / rate - 0.42) / 0.13;
    if (x <= 0) return 1;
    return x >= 1 ? 0 : (float)(0.5 + 0.5 * cos(M_PI * x));
}

static void drop_loops(renderer *r) {
    for (int i = 0; i < MAX_EMITTERS; i++)
        for (int k = 0; k < 2; k++) { free(r->loop[i][k]); r->loop[i][k] = NULL; }
}

renderer *renderer_new(void) {
    pthread_once(&once, make_tables);
    renderer *r = calloc(1, sizeof *r);
    r->random = 0x5EED;
    return r;
}

void renderer_free(renderer *r) { if (r) { drop_loops(r); free(r); } }

static void add_noise(renderer *r, float amp, int n, float *re, float *im) {
    amp *= (float)M_SQRT1_2;
    for (int i = 0; i < n; i += STRETCH) {
        uint64_t x = next_random(&r->random); int m = n - i < STRETCH ? n - i : STRETCH;
        const int a = (int)(x % (TABLE - STRETCH)), b = (int)((x >> 32) % (TABLE - STRETCH));
        for (int k = 0; k < m; k++) {
            re[i + k] += amp * (noise_re[a + k] + noise_im[b + k]);
            im[i + k] += amp * (noise_im[a + k] - noise_re[b + k]);
        }
    }
}

static void add_emitter(renderer *r, const world *w, int index, double t, double lo, double nominal, double rate,
                        float gain, int n, float *re, float *im) {
    const emitter *e = &w->emitters[index];
    double offset = e->f - (e->clock ? nominal : lo), dt = 1 / rate;
    double reach = e->kind == OFDM ? e->width / 2 + rate * 0.55 : rate * 0.55;
    if (e->kind == RECORDING) reach = (rate - e->rate) / 2 + 1;
    if (fabs(offset) > reach || t < e->from || t >= e->to) return;
    float amp = (float)e->amp * gain * (e->kind == OFDM || e->kind == RECORDING ? 1 : filter_gain(offset, rate));
    double cycles = fmod(offset * fmod(t, 1000.0), 1.0), step = offset * dt;
    switch (e->kind) {
    case CARRIER: tone_block(cycles, step, amp, n, re, im); break;
    case AM: case FM: sound_block(e, t, cycles, step, amp, dt, n, re, im); break;
    case OOK: case FSK: keyed_block(e, t, cycles, step, amp, dt, n, re, im); break;
    case TDMA: tdma_block(e, t, cycles, step, amp, dt, n, re, im); break;
    case RECORDING: recording_block(e, t, cycles, step, amp, dt, n, re, im); break;
    case OFDM: ofdm_block(r, index, e, t, cycles, step, amp, lo, rate, n, re, im); break;
    }
}

void render(renderer *r, const world *w, const device *d, double t, double lo, double nominal, double rate,
            double gain_db, int garbage, int n, float *re, float *im) {
    if (r->version != w->version || r->lo != lo || r->rate != rate) {
        drop_loops(r);
        r->version = w->version; r->lo = lo; r->rate = rate; r->loop_n = (int)(rate * 0.01 + 0.5);
    }
    memset(re, 0, n * sizeof *re); memset(im, 0, n * sizeof *im);
    float gain = (float)pow(10, (gain_db - d->attenuation_db) / 20);
    if (garbage) { add_noise(r, (float)d->garbage, n, re, im); return; }
    for (int i = 0; i < w->n_emitters; i++)
        if (!*w->emitters[i].device || !strcmp(w->emitters[i].device, d->serial))
            add_emitter(r, w, i, t, lo, nominal, rate, gain, n, re, im);
    add_noise(r, (float)(pow(10, (d->noise_db + gain_db) / 20) * sqrt(rate)), n, re, im);
    if (d->ip3 > 0)
        for (int i = 0; i < n; i++) {
            float bend = 1 - (float)d->ip3 * (re[i] * re[i] + im[i] * im[i]);
            if (bend < 0.3f) bend = 0.3f;
            re[i] *= bend; im[i] *= bend;
        }
    if (d->image > 0)
        for (int i = 0; i < n; i++) { re[i] *= 1 + (float)d->image; im[i] *= 1 - (float)d->image; }
    for (int i = 0; i < d->spurs; i++)
        tone_block(fmod(d->spur_f[i] * fmod(t, 1000.0), 1.0), d->spur_f[i] / rate, (float)d->spur_a[i], n, re, im);
    if (d->dc > 0) for (int i = 0; i < n; i++) re[i] += (float)d->dc;
}
