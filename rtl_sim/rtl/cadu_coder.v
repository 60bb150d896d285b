// SPDX-License-Identifier: Apache-2.0
// Turns one transfer frame of 1,115 octets into a CADU, bit by bit (CCSDS 131.0-B): marker, then frame and check symbols
// of RS(255,223), dual basis, interleave 5, randomized.
//
// Every octet of the CADU has a window of eight clocks in which it is prepared; its bits leave in the next window.
`default_nettype none

module cadu_coder (
    input  wire        clk,
    input  wire        rst,

    // the frame: word n holds the octets 4 n to 4 n + 3 of the CADU, highest octet first
    input  wire        start,
    output wire        busy,
    output wire        word_fetch,
    output wire [8:0]  word_index,
    input  wire [31:0] word,           // one clock after word_fetch

    // optical pin, most significant bit first
    output reg         optical_pin,
    output reg         optical_frame   // high while bits leave
);

    localparam [31:0] MARKER       = 32'h1ACFFC1D;
    localparam [10:0] FIRST_DATA   = 11'd4;
    localparam [10:0] FIRST_CHECK  = 11'd1119;
    localparam [10:0] CADU_OCTETS  = 11'd1279;
    localparam [2:0]  INTERLEAVE   = 3'd5;

    // ------------------------------------------------------------------ windows
    reg        run;
    reg [10:0] octet;                  // being prepared
    reg [2:0]  phase;

    wire last_phase = phase == 3'd7;
    wire marker     = octet < FIRST_DATA;
    wire data       = !marker && octet < FIRST_CHECK;

    assign busy = run || optical_frame;

    always @(posedge clk)
        if (rst) run <= 1'b0;
        else if (start) run <= 1'b1;
        else if (last_phase && octet == CADU_OCTETS) run <= 1'b0;

    always @(posedge clk)
        if (start) begin
            octet <= 11'd0;
            phase <= 3'd0;
        end else if (run) begin
            phase <= phase + 3'd1;
            if (last_phase) octet <= octet + 11'd1;
        end

    // ------------------------------------------------------------------ prepare: marker, data symbol or check symbol
    reg [2:0] codeword;
    reg [4:0] check_index;
    reg [7:0] data_octet;
    reg [7:0] prepared;

    wire [7:0] check_octet;
    wire       last_codeword = codeword == INTERLEAVE - 3'd1;

    assign word_fetch = run && data && phase == 3'd0;
    assign word_index = octet[10:2];

    always @(posedge clk)
        if (start) begin
            codeword    <= 3'd0;
            check_index <= 5'd0;
        end else if (run && last_phase && !marker) begin
            codeword <= last_codeword ? 3'd0 : codeword + 3'd1;
            if (last_codeword && !data) check_index <= check_index + 5'd1;
        end

    always @* begin : choose
        reg [31:0] source;
        source = marker ? MARKER : word;
        case (octet[1:0])
            2'd0: data_octet = source[31:24];
            2'd1: data_octet = source[23:16];
            2'd2: data_octet = source[15:8];
            default: data_octet = source[7:0];
        endcase
    end

    always @(posedge clk)
        if (run && phase == 3'd1) prepared <= marker || data ? data_octet : check_octet;

    reed_solomon check_symbols (
        .clk(clk), .run(run), .phase(phase), .codeword(codeword),
        .encode(data), .first(octet < FIRST_DATA + {8'd0, INTERLEAVE}), .data_symbol(data_octet),
        .check_index(check_index), .check_symbol(check_octet)
    );

    // ------------------------------------------------------------------ leave
    reg [7:0] bits;
    reg       leaving;
    reg       randomized;
    wire      random_bit;

    randomizer pseudo_noise (
        .clk(clk), .restart(start), .advance(leaving && randomized), .random_bit(random_bit)
    );

    always @(posedge clk)
        if (rst) leaving <= 1'b0;
        else if (run && last_phase) leaving <= octet != CADU_OCTETS;

    always @(posedge clk)
        if (run) begin
            bits <= last_phase ? prepared : {bits[6:0], 1'b0};
            if (last_phase) randomized <= !marker;
        end

    always @(posedge clk)
        if (rst) begin
            optical_pin   <= 1'b0;
            optical_frame <= 1'b0;
        end else begin
            optical_pin   <= leaving && (bits[7] ^ (randomized && random_bit));
            optical_frame <= leaving;
        end

endmodule

`default_nettype wire
