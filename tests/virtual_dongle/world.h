/* The virtual world that the dongle hears: parsed from a scene text, rendered as float samples. */
#ifndef WORLD_H
#define WORLD_H
#include <stdint.h>

#define MAX_DEVICES 8
#define MAX_EMITTERS 256
#define MAX_SPURS 16
#define MAX_REFUSALS 16

enum kind { CARRIER, AM, FM, OOK, FSK, TDMA, OFDM, RECORDING };

typedef struct {
    enum kind kind;
    double f, amp;            /* hertz; amplitude at the reference gain, 1.0 = full scale */
    double tone, depth, dev;  /* audio tone (0 = voice), AM depth 0..1, FM/FSK deviation */
    double baud, period, on;  /* keyed: bits/s, one packet of `on` seconds each `period` */
    double frame, burst;      /* TDMA: seconds */
    double width;             /* OFDM: hertz */
    double from, to;          /* on the air between these seconds of stream time */
    int clock;                /* comes from the dongle's own crystal: a spur at a fixed RF frequency */
    char device[40];          /* heard by this serial only; empty = by all */
    double rate;              /* RECORDING: its samples a second */
    char path[400];           /* RECORDING: a cu8 file, played again and again */
} emitter;

typedef struct {
    char serial[40], product[40], maker[40];
    double noise_db;          /* dBFS/Hz at the reference gain */
    double dc, image;         /* linear amplitude; image as a ratio */
    double ppm, gain_ref, attenuation_db;
    double retune_s, stale_s, settle_s, garbage;
    double read_latency_s, ip3;
    double min_hz, max_hz;
    int paced, hang, no_dithering, busy, denied;
    long unplug_after, stall_after;
    double unplug_for_s;
    uint32_t refuse_rate[MAX_REFUSALS]; int refuse_rates;
    double refuse_lo[MAX_REFUSALS], refuse_hi[MAX_REFUSALS]; int refusals;
    double spur_f[MAX_SPURS], spur_a[MAX_SPURS]; int spurs;
} device;

typedef struct {
    device devices[MAX_DEVICES]; int n_devices;
    emitter emitters[MAX_EMITTERS]; int n_emitters;
    uint64_t version;         /* changes whenever the file was read anew */
} world;

typedef struct renderer renderer;

/* Reads $VDONGLE_SCENE (again if it changed). Returns the world; no file means no device. */
const world *world_current(void);
const char *world_path(void);

renderer *renderer_new(void);
void renderer_free(renderer *);
/* n samples from stream time t, receiver at lo_hz (true), true sample rate, gain relative to the reference. */
void render(renderer *, const world *, const device *, double t, double lo_hz, double nominal_hz, double rate,
            double gain_db, int garbage, int n, float *re, float *im);
#endif
