// SPDX-License-Identifier: Apache-2.0
// What a board on a serial line has beside its register map (boards/firmware/windows.py): a reset, and what has left the
// optical pin, for nobody watches that.
//
// An entry of light is 644 words of 16 bits: sequence, length, millisecond (2), CADU, and an octet of 0.
`default_nettype none

module line_windows #(
    parameter LIGHT = 0                  // the board has an optical pin
) (
    input  wire        clk,
    input  wire        rst,

    // windows, their address from 0x2000 on
    input  wire [12:0] address,
    input  wire        read,
    output reg         valid,
    output reg  [31:0] rdata,
    input  wire        check,
    input  wire        write,
    input  wire [31:0] wdata,
    output reg         answer_valid,
    output reg  [1:0]  answer,

    // reset of the board, once the reply has left
    input  wire        answered,
    output wire        restart,

    // light
    input  wire        pin,
    input  wire        frame,
    input  wire [31:0] ms_start
);
    localparam [12:0] OPTICAL_LEVEL = 13'h0800, RESET = 13'h1000;
    localparam [31:0] RESET_WORD = 32'h52534554;
    localparam [1:0]  TAKE = 2'd0, DROP = 2'd1, REFUSE = 2'd2;

    // ---- reset
    reg restarting;
    assign restart = restarting && answered;

    always @(posedge clk)
        if (rst) restarting <= 1'b0;
        else if (write && address == RESET) restarting <= 1'b1;

    // ---- answers to the word of a window that is written
    wire releases;

    always @(posedge clk) begin
        answer_valid <= check && !rst;
        if (check) answer <= address != RESET ? (releases ? TAKE : DROP) : wdata == RESET_WORD ? TAKE : REFUSE;
    end

    generate
        if (LIGHT) begin : light
            localparam [15:0] CADU_OCTETS = 16'd1279;
            localparam [3:0]  ENTRIES = 4'd8;

            // ---- entries: what fills and what is oldest
            reg [3:0]  level;
            reg [7:0]  lost;
            reg [15:0] sequence_now;     // of the entry that fills, or will
            reg [15:0] sequence_oldest;
            reg [2:0]  slot;             // that fills, or will
            reg        in_frame;
            reg        keeps;            // there is a slot for this light

            wire [2:0] slot_oldest = slot - level[2:0];
            wire begins = frame && !in_frame;
            wire ends = in_frame && !frame;

            function [15:0] after(input [15:0] sequence_before);
                after = sequence_before == 16'hFFFF ? 16'd1 : sequence_before + 16'd1;
            endfunction

            assign releases = level != 4'd0 && wdata == {16'd0, sequence_oldest};

            always @(posedge clk)
                if (rst) begin
                    {level, lost, slot, in_frame, keeps} <= 17'd0;
                    sequence_now <= 16'd1;
                    sequence_oldest <= 16'd1;
                end else begin
                    in_frame <= frame;
                    if (begins) begin
                        keeps <= level != ENTRIES;
                        if (level == ENTRIES && lost != 8'hFF) lost <= lost + 8'd1;
                    end
                    if (ends && keeps) begin
                        level <= level + 4'd1;
                        slot <= slot + 3'd1;
                        sequence_now <= after(sequence_now);
                    end else if (write && address != RESET) begin
                        level <= level - 4'd1;
                        sequence_oldest <= after(sequence_oldest);
                    end
                end

            // ---- bits to words; the entry's head is written while the first bits come
            reg [14:0] shift;
            reg [3:0]  bits;
            reg [1:0]  head;
            reg        heads;
            reg [9:0]  word;             // next of the CADU's

            wire whole = frame && bits == 4'd15;
            wire half = ends && bits != 4'd0;

            always @(posedge clk)
                if (rst) {heads, head, bits, word} <= 17'd4;
                else begin
                    if (begins) heads <= 1'b1;
                    else if (head == 2'd3) heads <= 1'b0;
                    if (heads) head <= head + 2'd1;
                    if (frame) begin
                        shift <= {shift[13:0], pin};
                        bits <= bits + 4'd1;
                    end
                    if (whole) word <= word + 10'd1;
                    if (ends) {bits, word} <= {4'd0, 10'd4};
                end

            reg [15:0] head_word;
            always @*
                case (head)
                    2'd0: head_word = sequence_now;
                    2'd1: head_word = CADU_OCTETS;
                    2'd2: head_word = ms_start[31:16];
                    default: head_word = ms_start[15:0];
                endcase

            // ---- one RAM with one port: written while light leaves, read while none does
            (* ram_style = "huge" *) reg [15:0] words [0:8191];
            reg [15:0] fetched;
            reg [1:0]  reading;          // the word's halves
            reg [15:0] high;

            wire stores = (heads || whole || half) && keeps;
            wire [9:0] stored = heads ? {8'd0, head} : word;
            wire [9:0] wanted = {address[10:2], reading[0]};
            wire [12:0] place = stores ? {slot, stored} : {slot_oldest, wanted};

            always @(posedge clk)
                if (stores) words[place] <= heads ? head_word : half ? {shift[7:0], 8'd0} : {shift, pin};
                else fetched <= words[place];

            always @(posedge clk) begin
                reading <= rst ? 2'd0 : {reading[0], read};
                high <= fetched;
                valid <= reading[1] && !rst;
                if (reading[1])
                    rdata <= address == OPTICAL_LEVEL ? {16'd0, lost, 4'd0, level}
                           : level == 4'd0 ? 32'd0 : {high, fetched};
            end
        end else begin : dark
            assign releases = 1'b0;
            wire unused = &{1'b0, read, pin, frame, ms_start};

            always @(posedge clk) begin
                valid <= 1'b0;
                rdata <= 32'd0;
            end
        end
    endgenerate
endmodule

`default_nettype wire
