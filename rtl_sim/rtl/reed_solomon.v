// SPDX-License-Identifier: Apache-2.0
// Check symbols of RS(255,223), dual basis, interleave 5 (CCSDS 131.0-B), four of 32 symbols a clock, eight clocks an octet.
//
// The check symbols of a codeword are eight words of four symbols in block RAM. Every octet has one window of eight
// clocks, whose clock number is `phase`: in phase p word p is fetched, in phase 1 the first symbol is there and gives
// the feedback, from phase 2 on (and in phases 0 and 1 of the next window, which fetches another codeword) each word
// moves up by one symbol, takes in the feedback times the generator polynomial, and is stored.
`default_nettype none

module reed_solomon (
    input  wire       clk,

    input  wire       run,
    input  wire [2:0] phase,
    input  wire [2:0] codeword,        // 0 to 4
    input  wire       encode,          // the window takes in a data symbol; otherwise it reads a check symbol
    input  wire       first,           // the codeword's first symbol: its check symbols start from 0
    input  wire [7:0] data_symbol,     // valid in phase 1
    input  wire [4:0] check_index,     // the check symbol to read, 0 first
    output reg  [7:0] check_symbol     // valid in phase 1
);

    // Coding is linear over bits: the check symbols of 222 zero symbols and a last symbol of one bit, for each bit.
    localparam [255:0] CHECKS_OF_01 = 256'h660827f283411b8b28e61fad2759c879c85927ad1fe6288b1b4183f227086601;
    localparam [255:0] CHECKS_OF_02 = 256'hab18681785c32d9d782a21f768ea588a58ea68f7212a789d2dc385176818ab02;
    localparam [255:0] CHECKS_OF_04 = 256'h5631d12e0a875b3bf05443eed1d4b015b0d4d1ee4354f03b5b870a2ed1315604;
    localparam [255:0] CHECKS_OF_08 = 256'hac62a25c140eb776e1a886dca2a9602a60a9a2dc86a8e176b70e145ca262ac08;
    localparam [255:0] CHECKS_OF_10 = 256'h59c545b8291c6fecc3510db94552c154c15245b90d51c3ec6f1c29b845c55910;
    localparam [255:0] CHECKS_OF_20 = 256'hd583ad82d078c553af4504deadfd4bd14bfdadde0445af53c578d082ad83d520;
    localparam [255:0] CHECKS_OF_40 = 256'haa065a05a1f08ba75e8a08bd5afa96a296fa5abd088a5ea78bf0a1055a06aa40;
    localparam [255:0] CHECKS_OF_80 = 256'h330493f9c1a00dc594f30fd693ace43ce4ac93d60ff394c50da0c1f993043380;

    reg [31:0] checks [0:63];
    reg [31:0] fetched;
    reg [23:0] previous;               // its last three symbols
    reg        cleared;

    wire [31:0] word = cleared ? 32'd0 : fetched;

    always @(posedge clk)
        if (run) begin
            fetched  <= checks[{codeword, encode ? phase : check_index[4:2]}];
            cleared  <= first;
            previous <= word[23:0];
        end

    always @*
        case (check_index[1:0])
            2'd0: check_symbol = fetched[31:24];
            2'd1: check_symbol = fetched[23:16];
            2'd2: check_symbol = fetched[15:8];
            default: check_symbol = fetched[7:0];
        endcase

    // ------------------------------------------------------------------ update
    reg       updating;
    reg [2:0] updated;                 // the codeword
    reg [7:0] feedback;

    wire [2:0]  index = phase - 3'd2;
    wire [7:0]  entering = index == 3'd7 ? 8'd0 : word[31:24];

    // feedback times the generator polynomial, the four symbols of word `index`
    wire [7:0]  place   = {~index, 5'd0};
    wire [31:0] product = ({32{feedback[0]}} & CHECKS_OF_01[place +: 32])
                        ^ ({32{feedback[1]}} & CHECKS_OF_02[place +: 32])
                        ^ ({32{feedback[2]}} & CHECKS_OF_04[place +: 32])
                        ^ ({32{feedback[3]}} & CHECKS_OF_08[place +: 32])
                        ^ ({32{feedback[4]}} & CHECKS_OF_10[place +: 32])
                        ^ ({32{feedback[5]}} & CHECKS_OF_20[place +: 32])
                        ^ ({32{feedback[6]}} & CHECKS_OF_40[place +: 32])
                        ^ ({32{feedback[7]}} & CHECKS_OF_80[place +: 32]);

    always @(posedge clk)
        if (run && phase == 3'd1) begin
            updating <= encode;
            updated  <= codeword;
            feedback <= data_symbol ^ word[31:24];
        end

    always @(posedge clk)
        if (run && updating)
            checks[{updated, index}] <= {previous, entering} ^ product;

endmodule

`default_nettype wire
