// SPDX-License-Identifier: Apache-2.0
// One board: UART and octet stream, SLIP, RMAP target, board time, and the core that BOARD names.
//
// A reply leaves by the interface that its command came by. The words that every board has are answered here.
`default_nettype none

module board #(
    parameter BOARD = 0,                 // 0 power, 1 compute, 2 laser
    parameter CLOCKS_PER_BIT = 4,
    parameter [31:0] BUILD_ID = 32'd0,
    parameter ON_A_LINE = 0              // with the windows of line_windows.v
) (
    input  wire        clk,
    input  wire        rst,

    // UART
    input  wire        uart_rxd,
    output wire        uart_txd,

    // octet stream beside the UART
    input  wire [7:0]  stream_in,
    input  wire        stream_in_valid,
    output wire        stream_in_ready,
    output wire [7:0]  stream_out,
    output wire        stream_out_valid,
    input  wire        stream_out_ready,

    // optical pin of the laser board: one bit a clock while `optical_frame`
    output wire        optical_pin,
    output wire        optical_frame,

    // for the bench: start of the millisecond being lived, a packet is dropped or rejected, and nothing is under way
    output wire [31:0] ms_start,
    output wire        refused,
    output wire        idle
);
    // ---- reset from outside, or asked for by a packet: the UART receiver may be hearing the next one
    wire restart;
    wire board_rst = rst || restart;

    // ---- clocks of the blocks that sleep between packets, and between commands to the core
    wire engine_clk, core_clk;
    wire engine_awake = line_in_valid || command_valid || command_last || !receiving || !slip_tx_idle;
    wire core_strobe = register_read || register_write || fifo_check || fifo_write || ms_tick;
    reg [2:0] core_recent;
    clock_gate engine_gate (.clk(clk), .enable(board_rst || engine_awake), .gated(engine_clk));
    clock_gate core_gate (.clk(clk), .enable(board_rst || core_strobe || core_busy || core_recent != 3'd0), .gated(core_clk));

    always @(posedge clk)
        if (board_rst) core_recent <= 3'd0;
        else if (core_strobe || core_recent != 3'd0) core_recent <= {core_recent[1:0], core_strobe};

    // ---- octets in
    wire [7:0] uart_octet;
    wire uart_valid, uart_rx_idle, receiving;
    reg via_stream;              // the command came by the stream

    uart_rx #(.CLOCKS_PER_BIT(CLOCKS_PER_BIT)) uart_in (
        .clk(clk), .rst(rst), .rxd(uart_rxd), .octet(uart_octet), .octet_valid(uart_valid), .idle(uart_rx_idle)
    );

    wire line_in_valid = uart_valid || (stream_in_valid && stream_in_ready);
    assign stream_in_ready = !deaf && !uart_valid;

    always @(posedge engine_clk)
        if (line_in_valid && !deaf) via_stream <= !uart_valid;

    // ---- packets in, registers, packets out
    wire [7:0] command_octet, reply_octet;
    wire command_valid, command_last, command_malformed, reply_valid, reply_last, reply_ready;
    wire slip_tx_idle;
    wire deaf = !receiving || command_last || !slip_tx_idle;

    slip_rx slip_in (
        .clk(engine_clk), .rst(board_rst),
        .line_octet(uart_valid ? uart_octet : stream_in), .line_valid(line_in_valid), .deaf(deaf),
        .octet(command_octet), .octet_valid(command_valid), .last(command_last), .malformed(command_malformed)
    );

    wire        register_stimulus, register_window, register_read, register_write, register_valid, fifo_check, fifo_write;
    wire [12:0] register_address;
    wire [31:0] register_wdata, register_rdata;
    wire [15:0] dropped, rejected;

    rmap_target rmap (
        .clk(engine_clk), .rst(board_rst),
        .flight_target(flight_target), .stimulus_target(stimulus_target),
        .flight_end(flight_end), .flight_writable_from(flight_writable_from),
        .stimulus_end(stimulus_end), .stimulus_writable_from(stimulus_writable_from),
        .tx_fifo_address(tx_fifo_address), .tx_fifo_octets(tx_fifo_octets),
        .rx_fifo_address(rx_fifo_address), .rx_fifo_octets(rx_fifo_octets),
        .uplink_address(uplink_address), .uplink_octets(uplink_octets), .on_a_line(ON_A_LINE != 0), .has_light(BOARD == 2),
        .command_octet(command_octet), .command_valid(command_valid), .command_last(command_last),
        .command_malformed(command_malformed), .receiving(receiving),
        .reply_octet(reply_octet), .reply_valid(reply_valid), .reply_last(reply_last), .reply_ready(reply_ready),
        .register_stimulus(register_stimulus), .register_window(register_window), .register_address(register_address),
        .register_read(register_read), .register_valid(register_valid), .register_rdata(register_rdata),
        .register_write(register_write), .register_wdata(register_wdata), .register_busy(core_busy || granting),
        .fifo_check(fifo_check), .fifo_answer_valid(fifo_answer_valid || window_answer_valid),
        .fifo_answer(window_answer_valid ? window_answer : fifo_answer),
        .fifo_write(fifo_write),
        .powered(powered), .dropped(dropped), .rejected(rejected), .refused(refused)
    );

    // ---- octets out
    wire [7:0] line_out;
    wire line_out_valid, uart_ready;

    slip_tx slip_out (
        .clk(engine_clk), .rst(board_rst),
        .octet(reply_octet), .octet_valid(reply_valid), .octet_last(reply_last), .octet_ready(reply_ready),
        .line_octet(line_out), .line_valid(line_out_valid),
        .line_ready(via_stream ? stream_out_ready : uart_ready), .idle(slip_tx_idle)
    );

    uart_tx #(.CLOCKS_PER_BIT(CLOCKS_PER_BIT)) uart_out (
        .clk(clk), .rst(board_rst),
        .octet(line_out), .octet_valid(line_out_valid && !via_stream), .octet_ready(uart_ready), .txd(uart_txd)
    );

    assign stream_out = line_out;
    assign stream_out_valid = line_out_valid && via_stream;
    assign idle = uart_rx_idle && !command_valid && !command_last && receiving && slip_tx_idle;

    // ---- board time
    wire        granting, ms_tick, core_busy, stop, powered;
    wire [31:0] time_now;
    wire [9:0]  ms_count, ms_batch;
    reg  [31:0] time_target;
    wire        at_time_target = register_stimulus && register_address == time_target_address;
    wire        grant = register_write && at_time_target;

    timebase board_time (
        .clk(engine_clk), .rst(board_rst), .grant(grant), .target(register_wdata), .granting(granting), .time_now(time_now),
        .ms_tick(ms_tick), .ms_count(ms_count), .ms_start(ms_start), .ms_batch(ms_batch),
        .core_busy(core_busy), .stop(stop)
    );

    always @(posedge engine_clk)
        if (board_rst) time_target <= 32'd0;
        else if (grant) time_target <= register_wdata;

    // ---- words of every board: the first five of each map, and the last of the stimulus map
    localparam [12:0] COMMON_END = 13'h014;
    wire common = !at_window && (register_address < COMMON_END || at_time_target);
    reg  common_valid;
    reg  [31:0] common_rdata;

    always @(posedge engine_clk)
        if (board_rst) common_valid <= 1'b0;
        else begin
            common_valid <= register_read && common;
            if (register_read && common)
                if (at_time_target) common_rdata <= time_target;
                else case (register_address[4:2])
                    3'd0: common_rdata <= board_id;
                    3'd1: common_rdata <= map_version;
                    3'd2: common_rdata <= BUILD_ID;
                    3'd3: common_rdata <= register_stimulus ? 32'd0 : time_now;         // TIME_MODE: lock-step
                    default: common_rdata <= register_stimulus ? time_now : {dropped, rejected};
                endcase
        end

    wire        core_valid;
    wire [31:0] core_rdata;
    wire        core_read = register_read && !common && !at_window;
    wire        core_write = register_write && !at_time_target;
    wire        core_check = fifo_check && !at_window;
    wire        core_fifo_write = fifo_write && !at_window;
    assign register_valid = common_valid || core_valid || window_valid;
    assign register_rdata = common_valid ? common_rdata : window_valid ? window_rdata : core_rdata;

    // ---- windows of a board on a line
    wire        at_window, window_valid, window_answer_valid;
    wire [31:0] window_rdata;
    wire [1:0]  window_answer;

    generate
        if (ON_A_LINE != 0) begin : line
            assign at_window = register_window;
            line_windows #(.LIGHT(BOARD == 2)) windows (
                .clk(clk), .rst(board_rst), .address(register_address), .read(register_read && at_window),
                .valid(window_valid), .rdata(window_rdata), .check(fifo_check && at_window),
                .write(fifo_write && at_window), .wdata(register_wdata), .answer_valid(window_answer_valid),
                .answer(window_answer), .answered(receiving && slip_tx_idle && uart_ready), .restart(restart),
                .pin(optical_pin), .frame(optical_frame), .ms_start(ms_start)
            );
        end else begin : no_line
            assign {at_window, window_valid, window_rdata, window_answer_valid, window_answer, restart} = 38'd0;
            wire unused = &{1'b0, register_window};
        end
    endgenerate

    // ---- core, with the constants of its map
    wire [7:0]  flight_target, stimulus_target;
    wire [12:0] flight_end, flight_writable_from, stimulus_end, stimulus_writable_from, time_target_address;
    wire [12:0] tx_fifo_address, rx_fifo_address, uplink_address;
    wire [10:0] tx_fifo_octets, rx_fifo_octets, uplink_octets;
    wire [31:0] board_id, map_version;
    wire        fifo_answer_valid;
    wire [1:0]  fifo_answer;

`define CORE_PORTS \
    .clk(core_clk), .rst(board_rst), .reg_stimulus(register_stimulus), .reg_address(register_address), .reg_read(core_read), \
    .reg_valid(core_valid), .reg_rdata(core_rdata), .reg_write(core_write), .reg_wdata(register_wdata), \
    .ms_tick(ms_tick), .ms_count(ms_count), .ms_start(ms_start), .ms_batch(ms_batch), .core_busy(core_busy), \
    .stop(stop), .powered(powered), .fifo_check(core_check), .fifo_answer_valid(fifo_answer_valid), \
    .fifo_answer(fifo_answer), .fifo_write(core_fifo_write)

`define MAP_CONSTANTS \
    assign flight_target = FLIGHT_ADDRESS; \
    assign stimulus_target = STIMULUS_ADDRESS; \
    assign flight_end = FLIGHT_END; \
    assign flight_writable_from = FLIGHT_WRITABLE_FROM; \
    assign stimulus_end = STIMULUS_END; \
    assign stimulus_writable_from = STIMULUS_WRITABLE_FROM; \
    assign time_target_address = STIMULUS_TIME_TARGET; \
    assign board_id = FLIGHT_BOARD_ID_RESET; \
    assign map_version = FLIGHT_MAP_VERSION_RESET;

`define NO_WINDOWS \
    assign {tx_fifo_address, rx_fifo_address, uplink_address} = 39'd0; \
    assign {tx_fifo_octets, rx_fifo_octets, uplink_octets} = 33'd0;

    generate
        if (BOARD == 0) begin : power
            `include "power.vh"
            `MAP_CONSTANTS
            `NO_WINDOWS
            assign {optical_pin, optical_frame} = 2'b00;
            power_core core (`CORE_PORTS);
        end else if (BOARD == 1) begin : compute
            `include "compute.vh"
            `MAP_CONSTANTS
            `NO_WINDOWS
            assign {optical_pin, optical_frame} = 2'b00;
            compute_core core (`CORE_PORTS);
        end else begin : laser
            `include "laser.vh"
            `MAP_CONSTANTS
            assign tx_fifo_address = FLIGHT_TX_FIFO;
            assign tx_fifo_octets = FLIGHT_TX_FIFO_OCTETS[10:0];
            assign rx_fifo_address = FLIGHT_RX_FIFO;
            assign rx_fifo_octets = FLIGHT_RX_FIFO_OCTETS[10:0];
            assign uplink_address = STIMULUS_UPLINK;
            assign uplink_octets = STIMULUS_UPLINK_OCTETS[10:0];
            laser_core core (`CORE_PORTS, .optical_pin(optical_pin), .optical_frame(optical_frame));
        end
    endgenerate

`undef CORE_PORTS
`undef MAP_CONSTANTS
`undef NO_WINDOWS
endmodule

`default_nettype wire
