// SPDX-License-Identifier: Apache-2.0
// RMAP command receiver (ECSS-E-ST-50-52C): buffers a packet whole and judges it by boards/README.md section 1.
//
// Header and data share the buffer: words 0 to 3 are the header, the data follow.
`default_nettype none

module rmap_command (
    input  wire        clk,
    input  wire        rst,

    // the board's map: constants
    input  wire [7:0]  flight_target,
    input  wire [7:0]  stimulus_target,
    input  wire [12:0] flight_end,
    input  wire [12:0] flight_writable_from,
    input  wire [12:0] stimulus_end,
    input  wire [12:0] stimulus_writable_from,
    input  wire [12:0] tx_fifo_address,
    input  wire [10:0] tx_fifo_octets,   // 0: no such window
    input  wire [12:0] rx_fifo_address,
    input  wire [10:0] rx_fifo_octets,
    input  wire [12:0] uplink_address,
    input  wire [10:0] uplink_octets,
    input  wire        on_a_line,        // the windows of line_windows.v are there
    input  wire        has_light,        // with those for what leaves the optical pin

    // packet, from slip_rx
    input  wire [7:0]  octet,
    input  wire        octet_valid,
    input  wire        last,
    input  wire        malformed,

    // verdict: one pulse; the header stays until the next packet
    output wire        silent,           // no reply, counts as dropped
    output wire        complete,         // to be carried out and answered
    output wire [3:0]  judgement,        // status, valid with `complete`
    output reg  [7:0]  target,
    output wire [5:0]  instruction,
    output reg  [7:0]  initiator,
    output reg  [15:0] transaction,
    output reg  [12:0] address,
    output reg         is_window,        // of line_windows.v: address bit 13
    output reg  [10:0] length,
    output wire        is_stimulus,
    output wire        is_flight,
    output wire        is_write,
    output wire        is_modify,
    output wire        is_incrementing,

    // buffered words of data, one clock after `data_read`
    input  wire        data_read,
    input  wire [8:0]  data_index,
    output reg  [31:0] data_word
);
    localparam [3:0]
        SUCCESS = 4'd0, PACKET_TYPE = 4'd2, WRONG_KEY = 4'd3, DATA_CRC = 4'd4, EARLY_END = 4'd5, TOO_MUCH_DATA = 4'd6,
        VERIFY_TOO_LONG = 4'd9, WRONG_ADDRESS = 4'd10, MODIFY_LENGTH = 4'd11, WRONG_TARGET = 4'd12;
    localparam [12:0] HEADER_OCTETS = 13'd16, LONGEST_PACKET = 13'd4096;
    localparam [7:0]  PROTOCOL = 8'd1, KEY = 8'h46;

    // ---- receive
    reg [12:0] count;            // octets of this packet
    reg [7:0]  crc;              // of the header, then of the data
    reg [23:0] assembled;        // the word's first octets
    reg [7:0]  code;             // the instruction octet
    reg protocol_wrong, header_wrong, key_wrong;
    reg address_beyond;          // extended address, or an address bit above 13
    reg length_beyond;           // a length bit above 10

    wire [7:0] next_crc;
    wire first = count == 13'd0 || count == HEADER_OCTETS;
    crc8_rmap crc8 (.crc(first ? 8'd0 : crc), .octet(octet), .crc_next(next_crc));

    always @(posedge clk)
        if (rst || last) count <= 13'd0;
        else if (octet_valid && count <= LONGEST_PACKET) count <= count + 13'd1;

    always @(posedge clk)
        if (octet_valid) begin
            crc <= next_crc;
            assembled <= {assembled[15:0], octet};
            if (count < HEADER_OCTETS) case (count[3:0])
                4'd0: target <= octet;
                4'd1: protocol_wrong <= octet != PROTOCOL;
                4'd2: code <= octet;
                4'd3: key_wrong <= octet != KEY;
                4'd4: initiator <= octet;
                4'd5: transaction[15:8] <= octet;
                4'd6: transaction[7:0] <= octet;
                4'd7: address_beyond <= octet != 8'd0;
                4'd8, 4'd9: if (octet != 8'd0) address_beyond <= 1'b1;
                4'd10: begin
                    {is_window, address[12:8]} <= octet[5:0];
                    if (octet[7:6] != 2'd0) address_beyond <= 1'b1;
                end
                4'd11: address[7:0] <= octet;
                4'd12: length_beyond <= octet != 8'd0;
                4'd13: begin
                    length[10:8] <= octet[2:0];
                    if (octet[7:3] != 5'd0) length_beyond <= 1'b1;
                end
                4'd14: length[7:0] <= octet;
                default: header_wrong <= next_crc != 8'd0;
            endcase
        end

    // ---- buffer: one write port, one registered read port
    reg [31:0] buffer [0:511];
    always @(posedge clk) begin
        if (octet_valid && count[1:0] == 2'd3 && count < 13'd2048) buffer[count[10:2]] <= {assembled, octet};
        if (data_read) data_word <= buffer[data_index + 9'd4];
    end

    // ---- judge
    wire is_verified = code[4];
    assign instruction = code[5:0];
    assign is_write = code[5];
    assign is_modify = code[5:4] == 2'b01;
    assign is_incrementing = code[2];
    assign is_stimulus = target == stimulus_target;
    assign is_flight = target == flight_target;

    wire [12:0] map_end = is_stimulus ? stimulus_end : flight_end;
    wire [12:0] writable_from = is_stimulus ? stimulus_writable_from : flight_writable_from;
    wire [13:0] span_end = {1'b0, address} + (is_modify ? 14'd4 : {3'd0, length});
    wire outside = span_end > {1'b0, map_end} || ((is_write || is_modify) && address < writable_from);
    wire at_window = is_write
        ? (is_stimulus ? address == uplink_address && length == uplink_octets
                       : address == tx_fifo_address && length == tx_fifo_octets)
        : is_flight && address == rx_fifo_address && length == rx_fifo_octets;
    wire at_line_window = on_a_line && is_stimulus && (is_write
        ? (address == 13'h1000 || (has_light && address == 13'h1800)) && length == 11'd4
        : has_light && (address == 13'h0000 ? length == 11'd1288 : address == 13'h0800 && length == 11'd4));
    wire misplaced = address_beyond || length_beyond || address[1:0] != 2'd0 || length[1:0] != 2'd0 || length == 11'd0
        || (is_incrementing ? is_window || outside || length > 11'd1024 : !(is_window ? at_line_window : at_window));

    wire has_data = is_write || is_modify;
    wire [12:0] whole = has_data ? {2'd0, length} + 13'd17 : HEADER_OCTETS;

    reg [3:0] verdict;
    always @*
        if (!is_flight && !is_stimulus) verdict = WRONG_TARGET;
        else if (code[7] || (is_modify && !is_incrementing)) verdict = PACKET_TYPE;
        else if (key_wrong) verdict = WRONG_KEY;
        else if (is_modify && (length_beyond || length != 11'd8)) verdict = MODIFY_LENGTH;
        else if (is_write && is_verified && (length_beyond || length > 11'd4)) verdict = VERIFY_TOO_LONG;
        else if (misplaced) verdict = WRONG_ADDRESS;
        else if (count < whole) verdict = EARLY_END;
        else if (count > whole) verdict = TOO_MUCH_DATA;
        else if (has_data && crc != 8'd0) verdict = DATA_CRC;
        else verdict = SUCCESS;
    assign judgement = verdict;

    wire is_command_with_reply = code[6] && code[3] && code[1:0] == 2'b00;
    assign silent = last && (malformed || count < HEADER_OCTETS || count > LONGEST_PACKET
        || header_wrong || protocol_wrong || !is_command_with_reply);
    assign complete = last && !silent;
endmodule

`default_nettype wire
