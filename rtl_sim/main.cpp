// SPDX-License-Identifier: Apache-2.0
// Verilator main of the bench: the clock is toggled here. cocotb's callbacks run at start and reset, not while scripts play.
//
// Without arguments it runs cocotb. With `--bare FILE` it plays the recorded scripts of FILE without any Python and
// prints clocks and seconds: the same model over the same clocks.

#include <sys/resource.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "Vbench_top.h"
#include "Vbench_top___024root.h"
#include "verilated.h"
#include "verilated_vpi.h"

extern "C" void vlog_startup_routines_bootstrap(void);

// What Vbench_top::eval() calls, without its locks around every step: there is one thread here, and they cost an eighth.
void Vbench_top___024root___eval(Vbench_top___024root* root);

namespace {

constexpr uint64_t CLOCK_PERIOD_PS = 83'333;  // 12 MHz
constexpr uint64_t NEVER = ~0ULL;
constexpr int RESET_CLOCKS = 4;
constexpr int BOARDS = 3;

std::unique_ptr<VerilatedContext> context;
std::unique_ptr<Vbench_top> top;
uint64_t clocks = 0;

void run_clock() {
    top->clk = 1;
    Vbench_top___024root___eval(top->rootp);
    top->clk = 0;
    Vbench_top___024root___eval(top->rootp);
    clocks++;
}

void reset() {
    top->eval();  // initial blocks
    top->rst = 1;
    for (int i = 0; i < RESET_CLOCKS; i++) run_clock();
    top->rst = 0;
    run_clock();
}

// Lets the hosts play what they were given: until all boards are at rest, or have run out of clocks.
void play() {
    top->eval();  // the clock gates see the requests before the next edge
    do run_clock();
    while (top->busy);
}

template <typename Word>
Word* variable(const std::string& scope, const char* name) {
    const VerilatedScope* found = context->scopeFind(("bench_top" + scope).c_str());
    const VerilatedVar* var = found ? found->varFind(name) : nullptr;
    return var ? static_cast<Word*>(var->datap()) : nullptr;
}

// ---- cocotb: the callback phases of one moment of simulated time

bool settle_values() {
    bool called = false;
    while (VerilatedVpi::callValueCbs()) called = true;
    return called;
}

void run_callbacks() {
    VerilatedVpi::callCbs(cbNextSimTime);
    settle_values();
    VerilatedVpi::callTimedCbs();
    settle_values();
    do {
        do {
            top->eval();
            VerilatedVpi::clearEvalNeeded();
            VerilatedVpi::doInertialPuts();
            settle_values();
        } while (VerilatedVpi::evalNeeded());
        VerilatedVpi::callCbs(cbReadWriteSynch);
        VerilatedVpi::doInertialPuts();
        settle_values();
    } while (VerilatedVpi::evalNeeded());
    VerilatedVpi::callCbs(cbReadOnlySynch);
}

int run_cocotb() {
    context->fatalOnVpiError(false);
    reset();
    vlog_startup_routines_bootstrap();
    VerilatedVpi::callCbs(cbStartOfSimulation);
    settle_values();
    run_callbacks();
    while (!context->gotFinish()) {
        const uint64_t deadline = VerilatedVpi::cbNextDeadline();
        const uint64_t last_clock = deadline == NEVER ? NEVER : (deadline + CLOCK_PERIOD_PS - 1) / CLOCK_PERIOD_PS;
        do run_clock();
        while (clocks < last_clock && !context->gotFinish());
        context->time(clocks * CLOCK_PERIOD_PS);
        run_callbacks();
    }
    top->final();
    VerilatedVpi::callCbs(cbEndOfSimulation);
    return 0;
}

// ---- bare: recorded scripts (of each run: for each board requests and length, 4 octets each, then the octets)

struct Script {
    uint32_t requests;
    std::vector<uint8_t> octets;
};

std::vector<Script> read_scripts(const char* path) {
    std::vector<Script> scripts;
    FILE* file = std::fopen(path, "rb");
    uint32_t head[2];
    while (file && std::fread(head, sizeof head, 1, file) == 1) {
        Script script{head[0], std::vector<uint8_t>(head[1])};
        if (std::fread(script.octets.data(), 1, head[1], file) != head[1]) break;
        scripts.push_back(std::move(script));
    }
    if (file) std::fclose(file);
    return scripts;
}

double process_seconds() {
    rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_utime.tv_sec + usage.ru_stime.tv_sec + 1e-6 * (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

int run_bare(const char* path) {
    const std::vector<Script> scripts = read_scripts(path);
    const auto clocks_left = variable<uint32_t>("", "clocks_left");
    const auto frames = variable<uint8_t>(".bench[2].light.monitor", "frames");
    const auto filled = variable<uint16_t>(".bench[2].light.monitor", "filled");
    uint8_t *octets[BOARDS], *requests[BOARDS];
    for (int board = 0; board < BOARDS; board++) {
        const std::string host = ".bench[" + std::to_string(board) + "].host";
        octets[board] = variable<uint8_t>(host, "tx_octets");
        requests[board] = variable<uint8_t>(host, "requests");
    }
    reset();
    const uint64_t first_clock = clocks;
    const double cpu_before = process_seconds();
    const auto before = std::chrono::steady_clock::now();
    for (size_t run = 0; run + BOARDS <= scripts.size(); run += BOARDS) {
        for (int board = 0; board < BOARDS; board++) {
            const Script& script = scripts[run + board];
            std::memcpy(octets[board], script.octets.data(), script.octets.size());
            *requests[board] = static_cast<uint8_t>(script.requests);
        }
        *clocks_left = ~0U;
        *frames = 0;
        *filled = 0;
        play();
    }
    const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - before;
    std::printf("{\"clocks\": %llu, \"wall_s\": %.6f, \"cpu_s\": %.6f}\n",
                static_cast<unsigned long long>(clocks - first_clock), wall.count(), process_seconds() - cpu_before);
    return 0;
}

}  // namespace

// ends the simulation without a word on the terminal
void vl_finish(const char*, int, const char*) { context->gotFinish(true); }

double sc_time_stamp() { return static_cast<double>(clocks * CLOCK_PERIOD_PS); }

// ---- for Python, through ctypes: the model's public variables in place, and the loop that plays scripts. Called from a
// cocotb test, it stays below cocotb's callback: no callback phases, which cost more than what they would bring.

extern "C" void* flatsat_variable(const char* scope, const char* name) { return variable<void>(scope, name); }
extern "C" uint64_t flatsat_clocks() { return clocks; }
extern "C" void flatsat_play() {
    play();
    context->time(clocks * CLOCK_PERIOD_PS);
}

int main(int argc, char** argv) {
    context = std::make_unique<VerilatedContext>();
    context->commandArgs(argc, argv);
    top = std::make_unique<Vbench_top>(context.get(), "");
    if (argc == 3 && std::strcmp(argv[1], "--bare") == 0) return run_bare(argv[2]);
    return run_cocotb();
}
