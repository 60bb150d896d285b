// SPDX-License-Identifier: Apache-2.0
// The laser board's own behaviour: pointing states, a FIFO of transfer frames, coder, a FIFO of uplink blocks
// (boards/README.md section 5).
`default_nettype none

module laser_core (
    input  wire        clk,
    input  wire        rst,

    // registers
    input  wire        reg_stimulus,
    input  wire [12:0] reg_address,
    input  wire        reg_read,
    output reg         reg_valid,
    output reg  [31:0] reg_rdata,
    input  wire        reg_write,
    input  wire [31:0] reg_wdata,

    // time
    input  wire        ms_tick,
    input  wire [9:0]  ms_count,
    /* verilator lint_off UNUSEDSIGNAL */
    input  wire [31:0] ms_start,       // the CADU's, while the core is busy
    /* verilator lint_on UNUSEDSIGNAL */
    output reg  [9:0]  ms_batch,
    output wire        core_busy,
    output wire        stop,
    output reg         powered,

    // a window that is written: TX FIFO, or the stimulus port's UPLINK
    input  wire        fifo_check,
    output reg         fifo_answer_valid,
    output reg  [1:0]  fifo_answer,
    input  wire        fifo_write,

    // optical pin, one bit a clock
    output wire        optical_pin,
    output wire        optical_frame
);

    `include "laser.vh"

    localparam [1:0] OFF     = 2'd0;
    localparam [1:0] ACQUIRE = 2'd1;
    localparam [1:0] TRACK   = 2'd2;
    localparam [1:0] LOST    = 2'd3;

    localparam [15:0] FRAME_OCTETS  = 16'd1115;
    localparam [2:0]  SLOTS         = 3'd4;
    localparam [10:0] SLOT_WORDS    = 11'd280;
    localparam [10:0] FIFO_WORDS    = 11'd1120;
    localparam [7:0]  GAP_MS        = 8'd200;
    localparam [15:0] LONGEST_BATCH = 16'd1023;

    localparam [15:0] LONGEST_BLOCK = 16'd252;
    localparam [5:0]  BLOCK_LAST    = 6'd63;         // word of an uplink block

    localparam [1:0] TAKE   = 2'd0;
    localparam [1:0] DROP   = 2'd1;
    localparam [1:0] REFUSE = 2'd2;

    wire coder_busy;
    reg  release_written;              // block_word is the first one of the oldest block
    reg  light_written;                // `light` is what was before
    assign core_busy = coder_busy || release_written || light_written;
    assign stop = 1'b0;

    // ------------------------------------------------------------------ registers written by the two ports
    wire write_flight   = reg_write && !reg_stimulus;
    wire write_stimulus = reg_write && reg_stimulus;
    wire write_command  = write_flight && reg_address == FLIGHT_LASER_COMMAND;
    wire power_off      = write_stimulus && reg_address == STIMULUS_POWERED && !reg_wdata[0];
    wire own_reset      = rst || power_off;

    reg        enable;
    reg [15:0] light_threshold;
    reg [15:0] acquire_ms;
    reg [15:0] loss_ms;

    always @(posedge clk)
        if (own_reset) begin
            enable          <= 1'b0;
            light_threshold <= FLIGHT_LIGHT_THRESHOLD_RESET[15:0];
            acquire_ms      <= FLIGHT_ACQUIRE_MS_RESET[15:0];
            loss_ms         <= FLIGHT_LOSS_MS_RESET[15:0];
        end else if (write_flight)
            case (reg_address)
                FLIGHT_LASER_COMMAND:   enable          <= reg_wdata[0];
                FLIGHT_LIGHT_THRESHOLD: light_threshold <= reg_wdata[15:0];
                FLIGHT_ACQUIRE_MS:      acquire_ms      <= reg_wdata[15:0];
                FLIGHT_LOSS_MS:         loss_ms         <= reg_wdata[15:0];
                default: ;
            endcase

    reg [15:0] received_power;
    reg [15:0] pointing_error;
    reg [15:0] temperature;

    always @(posedge clk)
        if (rst) begin
            powered        <= 1'b0;
            received_power <= 16'd0;
            pointing_error <= 16'd0;
            temperature    <= 16'd0;
        end else if (write_stimulus)
            case (reg_address)
                STIMULUS_POWERED:     powered                          <= reg_wdata[0];
                STIMULUS_OPTICAL:     {received_power, pointing_error} <= reg_wdata;
                STIMULUS_TEMPERATURE: temperature                      <= reg_wdata[15:0];
                default: ;
            endcase

    // ------------------------------------------------------------------ state of the link
    reg [1:0]  state;
    reg [15:0] timer;
    reg [15:0] acquisitions;
    reg [7:0]  gap;

    // A tick never takes more than ms_batch milliseconds: only one of a single millisecond brings the timer to its end.
    reg         light;
    wire        millisecond = ms_tick && powered;
    wire [15:0] next_timer  = timer + {6'd0, ms_count};
    wire [15:0] end_ms      = state == ACQUIRE ? acquire_ms : loss_ms;
    wire [16:0] left_ms     = {1'b0, end_ms} + ~{1'b0, timer};     // before the millisecond that ends the timer
    wire        ends        = left_ms[16] || left_ms[15:0] == 16'd0;
    wire        acquires    = light && ends;
    wire        loses       = !light && ends;
    wire        reacquires  = write_command && reg_wdata[1:0] == 2'b11 && state == LOST;
    wire        gap_over    = gap >= GAP_MS - 8'd1;
    wire        tracks      = enable && light && (state == TRACK || (state == ACQUIRE && acquires));

    always @(posedge clk) begin
        light         <= received_power >= light_threshold;
        light_written <= (write_stimulus && reg_address == STIMULUS_OPTICAL)
                         || (write_flight && reg_address == FLIGHT_LIGHT_THRESHOLD);
    end

    always @(posedge clk)
        if (own_reset) begin
            state        <= OFF;
            timer        <= 16'd0;
            acquisitions <= 16'd0;
        end else if (reacquires) begin
            state <= ACQUIRE;
            timer <= 16'd0;
        end else if (millisecond)
            if (!enable) begin
                state <= OFF;
                timer <= 16'd0;
            end else
                case (state)
                    OFF: begin
                        state <= ACQUIRE;
                        timer <= 16'd0;
                    end
                    ACQUIRE: begin
                        timer <= light && !acquires ? next_timer : 16'd0;
                        if (acquires) begin
                            state        <= TRACK;
                            acquisitions <= acquisitions + 16'd1;
                        end
                    end
                    TRACK: begin
                        timer <= light || loses ? 16'd0 : next_timer;
                        if (loses) state <= LOST;
                    end
                    default: ;         // LOST: flight software decides
                endcase

    // The most milliseconds of the next tick: those before one that does more than count, or that one alone.
    wire       counts = enable && (state == ACQUIRE ? light : state == TRACK && !light);
    reg [15:0] quiet_ms;

    always @* begin
        if (!powered) quiet_ms = LONGEST_BATCH;
        else if (enable == (state == OFF)) quiet_ms = 16'd0;
        else if (counts) quiet_ms = ends ? 16'd0 : left_ms[15:0];
        else if (state == TRACK && level != 3'd0) quiet_ms = gap_over ? 16'd0 : {8'd0, GAP_MS - 8'd1 - gap};
        else quiet_ms = LONGEST_BATCH;
        ms_batch = quiet_ms == 16'd0 ? 10'd1 : quiet_ms > LONGEST_BATCH ? LONGEST_BATCH[9:0] : quiet_ms[9:0];
    end

    // ------------------------------------------------------------------ frames: four slots in one RAM
    reg [31:0] frames [0:1119];
    reg [31:0] frame_word;
    reg [10:0] write_word;             // next to be written
    reg [10:0] oldest;                 // first word of the oldest frame
    reg [10:0] leaving;                // first word of the one that leaves
    reg [8:0]  words_left;
    reg [2:0]  level;
    reg [15:0] tx_sequence;
    reg [31:0] frames_taken;
    reg [31:0] frames_sent;
    reg [31:0] frames_refused;

    wire       frame_check   = fifo_check && !reg_stimulus;
    wire       frame_write   = fifo_write && !reg_stimulus;
    wire       frame_written = frame_write && words_left == 9'd1;
    wire       frame_leaves  = millisecond && tracks && level != 3'd0 && gap_over;
    wire       word_fetch;
    wire [8:0] word_index;

    always @(posedge clk)
        if (own_reset) begin
            write_word <= 11'd0;
            words_left <= SLOT_WORDS[8:0];
        end else if (frame_write) begin
            write_word <= write_word == FIFO_WORDS - 11'd1 ? 11'd0 : write_word + 11'd1;
            words_left <= frame_written ? SLOT_WORDS[8:0] : words_left - 9'd1;
        end

    always @(posedge clk)
        if (frame_write) frames[write_word] <= reg_wdata;

    always @(posedge clk)
        if (word_fetch) frame_word <= frames[leaving + {2'd0, word_index}];

    always @(posedge clk)
        if (own_reset) begin
            oldest      <= 11'd0;
            level       <= 3'd0;
            frames_sent <= 32'd0;
            gap         <= GAP_MS;
        end else if (frame_written)
            level <= level + 3'd1;
        else if (frame_leaves) begin
            level       <= level - 3'd1;
            leaving     <= oldest;
            oldest      <= oldest == FIFO_WORDS - SLOT_WORDS ? 11'd0 : oldest + SLOT_WORDS;
            frames_sent <= frames_sent + 32'd1;
            gap         <= 8'd0;
        end else if (millisecond && gap != GAP_MS)
            gap <= ms_count >= {2'd0, GAP_MS - gap} ? GAP_MS : gap + ms_count[7:0];

    // The answer to a frame; its first word gives sequence and length.
    wire repeated  = reg_wdata[31:16] == tx_sequence;
    wire unfit     = reg_wdata[15:0] != FRAME_OCTETS || level == SLOTS;
    reg [15:0] sequence_offered;

    always @(posedge clk)
        if (frame_check) sequence_offered <= reg_wdata[31:16];

    always @(posedge clk)
        if (own_reset) begin
            tx_sequence    <= FLIGHT_TX_SEQUENCE_RESET[15:0];
            frames_taken   <= 32'd0;
            frames_refused <= 32'd0;
        end else if (frame_written) begin
            tx_sequence  <= sequence_offered;
            frames_taken <= frames_taken + 32'd1;
        end else if (frame_check && !repeated && unfit)
            frames_refused <= frames_refused + 32'd1;

    // ------------------------------------------------------------------ uplink blocks: four slots in one RAM
    reg [31:0] blocks [0:255];
    reg [31:0] block_word;
    reg [1:0]  block_slot;             // next to be written
    reg [5:0]  block_index;            // of the next word
    reg [2:0]  rx_level;
    reg [3:0]  rx_overflows;
    reg [15:0] rx_release;
    reg [15:0] uplink_sequence;        // of the block last seen: the world's

    wire uplink_check  = fifo_check && reg_stimulus;
    wire uplink_write  = fifo_write && reg_stimulus;
    wire block_written = uplink_write && block_index == BLOCK_LAST;
    wire write_release = write_flight && reg_address == FLIGHT_RX_RELEASE;
    wire releases      = release_written && rx_level != 3'd0 && block_word[31:16] == rx_release;
    wire at_rx_fifo    = !reg_stimulus && reg_address[12:8] == FLIGHT_RX_FIFO[12:8];

    wire uplink_unfit    = reg_wdata[15:0] == 16'd0 || reg_wdata[15:0] > LONGEST_BLOCK;
    wire uplink_repeated = reg_wdata[31:16] == uplink_sequence;
    wire uplink_new      = uplink_check && !uplink_unfit && !uplink_repeated;
    wire uplink_heard    = state == TRACK && light;
    wire uplink_full     = rx_level == SLOTS;

    always @(posedge clk)
        if (uplink_write) blocks[{block_slot, block_index}] <= reg_wdata;

    wire [1:0] oldest_slot = block_slot - rx_level[1:0];

    always @(posedge clk)
        if (reg_read || write_release) block_word <= blocks[{oldest_slot, reg_read ? reg_address[7:2] : 6'd0}];

    always @(posedge clk)
        if (rst) uplink_sequence <= 16'hFFFF;
        else if (uplink_new) uplink_sequence <= reg_wdata[31:16];

    always @(posedge clk)
        if (own_reset) begin
            block_slot      <= 2'd0;
            block_index     <= 6'd0;
            rx_level        <= 3'd0;
            rx_overflows    <= 4'd0;
            rx_release      <= FLIGHT_RX_RELEASE_RESET[15:0];
            release_written <= 1'b0;
        end else begin
            release_written <= write_release;
            if (write_release) rx_release <= reg_wdata[15:0];
            if (uplink_new && uplink_heard && uplink_full) rx_overflows <= rx_overflows + 4'd1;
            if (uplink_write) block_index <= block_index + 6'd1;
            if (block_written) begin
                block_slot <= block_slot + 2'd1;
                rx_level   <= rx_level + 3'd1;
            end else if (releases)
                rx_level   <= rx_level - 3'd1;
        end

    // ------------------------------------------------------------------ answer to the first word of a frame or block
    wire [1:0] frame_answer  = repeated ? DROP : unfit ? REFUSE : TAKE;
    wire [1:0] uplink_answer = uplink_unfit ? REFUSE : uplink_new && uplink_heard && !uplink_full ? TAKE : DROP;

    always @(posedge clk) begin
        fifo_answer_valid <= fifo_check && !rst;
        if (fifo_check) fifo_answer <= reg_stimulus ? uplink_answer : frame_answer;
    end

    // ------------------------------------------------------------------ coder
    cadu_coder coder (
        .clk(clk), .rst(rst), .start(frame_leaves), .busy(coder_busy),
        .word_fetch(word_fetch), .word_index(word_index), .word(frame_word),
        .optical_pin(optical_pin), .optical_frame(optical_frame)
    );

    // ------------------------------------------------------------------ reads
    reg reads_block;                   // its word is out of the RAM, a clock behind that of a register

    always @(posedge clk) begin
        reads_block <= reg_read && at_rx_fifo && !rst;
        reg_valid   <= (reads_block || (reg_read && !at_rx_fifo)) && !rst;
    end

    always @(posedge clk)
        if (reads_block) reg_rdata <= rx_level == 3'd0 ? 32'd0 : block_word;
        else if (reg_read) begin
            reg_rdata <= 32'd0;
            if (reg_stimulus)
                case (reg_address)
                    STIMULUS_LASER_STATE: reg_rdata <= {25'd0, level, 2'd0, state};
                    STIMULUS_FRAMES_SENT: reg_rdata <= frames_sent;
                    STIMULUS_POWERED:     reg_rdata <= {31'd0, powered};
                    STIMULUS_OPTICAL:     reg_rdata <= {received_power, pointing_error};
                    STIMULUS_TEMPERATURE: reg_rdata <= {16'd0, temperature};
                    default: ;
                endcase
            else
                case (reg_address)
                    FLIGHT_STATUS:          reg_rdata <= {acquisitions, 1'b0, rx_level, rx_overflows, 1'b0, level, 2'd0, state};
                    FLIGHT_OPTICAL:         reg_rdata <= {received_power, pointing_error};
                    FLIGHT_FRAMES_TAKEN:    reg_rdata <= frames_taken;
                    FLIGHT_FRAMES_SENT:     reg_rdata <= frames_sent;
                    FLIGHT_FRAMES_REFUSED:  reg_rdata <= frames_refused;
                    FLIGHT_TX_SEQUENCE:     reg_rdata <= {16'd0, tx_sequence};
                    FLIGHT_TIMER:           reg_rdata <= {16'd0, timer};
                    FLIGHT_TEMPERATURE:     reg_rdata <= {16'd0, temperature};
                    FLIGHT_LASER_COMMAND:   reg_rdata <= {31'd0, enable};
                    FLIGHT_LIGHT_THRESHOLD: reg_rdata <= {16'd0, light_threshold};
                    FLIGHT_ACQUIRE_MS:      reg_rdata <= {16'd0, acquire_ms};
                    FLIGHT_LOSS_MS:         reg_rdata <= {16'd0, loss_ms};
                    FLIGHT_RX_RELEASE:      reg_rdata <= {16'd0, rx_release};
                    default: ;
                endcase
        end

endmodule

`default_nettype wire
