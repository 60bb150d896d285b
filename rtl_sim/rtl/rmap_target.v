// SPDX-License-Identifier: Apache-2.0
// RMAP target (ECSS-E-ST-50-52C): carries out judged commands on the board's registers, word by word, and answers them.
`default_nettype none

module rmap_target (
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
    input  wire        on_a_line,
    input  wire        has_light,

    // command packet, from slip_rx; `receiving` while one can be taken
    input  wire [7:0]  command_octet,
    input  wire        command_valid,
    input  wire        command_last,
    input  wire        command_malformed,
    output wire        receiving,

    // reply packet, to slip_tx
    output reg  [7:0]  reply_octet,
    output wire        reply_valid,
    output wire        reply_last,
    input  wire        reply_ready,

    // registers, and the words of a window that is read; no write and no reply while register_busy
    output wire        register_stimulus,
    output wire        register_window,
    output reg  [12:0] register_address,
    output wire        register_read,
    input  wire        register_valid,
    input  wire [31:0] register_rdata,
    output wire        register_write,
    output reg  [31:0] register_wdata,
    input  wire        register_busy,

    // a window that is written: asked with the first word, then given all words
    output wire        fifo_check,
    input  wire        fifo_answer_valid,
    input  wire [1:0]  fifo_answer,
    output wire        fifo_write,

    // an unpowered board ignores flight packets and keeps RMAP_ERRORS at 0
    input  wire        powered,
    output reg  [15:0] dropped,
    output reg  [15:0] rejected,
    output wire        refused           // either of them counts
);
    localparam [3:0]
        RECEIVE = 4'd0, JUDGED = 4'd1,
        FETCH = 4'd2, LOAD = 4'd3, OFFER = 4'd4, OFFERED = 4'd5, STROBE = 4'd6, WAIT = 4'd7,
        MODIFY = 4'd8, MODIFY_MASK = 4'd9, READ = 4'd10, READING = 4'd11,
        HEADER = 4'd12, DATA = 4'd13, DATA_CRC = 4'd14;
    localparam [3:0] SUCCESS = 4'd0, REFUSED = 4'd1;
    localparam [1:0] TAKEN = 2'd0, DROPPED = 2'd1;

    reg [3:0]  state;
    reg [3:0]  status;
    reg [31:0] word;             // the word being answered; the old word of a read-modify-write
    reg [8:0]  words_left;
    reg [3:0]  octet_index;      // of the reply's header, or of the word

    // ---- command
    wire silent, complete, is_stimulus, is_flight, is_write, is_modify, is_incrementing;
    wire [3:0]  judgement;
    wire [5:0]  instruction;
    wire [7:0]  target, initiator;
    wire [15:0] transaction;
    wire [12:0] address;
    wire [10:0] length;
    wire [31:0] data_word;
    wire data_read = state == FETCH || state == MODIFY;
    reg [8:0] data_index;

    rmap_command command (
        .clk(clk), .rst(rst),
        .flight_target(flight_target), .stimulus_target(stimulus_target), .flight_end(flight_end),
        .flight_writable_from(flight_writable_from), .stimulus_end(stimulus_end),
        .stimulus_writable_from(stimulus_writable_from),
        .tx_fifo_address(tx_fifo_address), .tx_fifo_octets(tx_fifo_octets),
        .rx_fifo_address(rx_fifo_address), .rx_fifo_octets(rx_fifo_octets),
        .uplink_address(uplink_address), .uplink_octets(uplink_octets), .on_a_line(on_a_line), .has_light(has_light),
        .octet(command_octet), .octet_valid(command_valid), .last(command_last), .malformed(command_malformed),
        .silent(silent), .complete(complete), .judgement(judgement), .target(target), .instruction(instruction),
        .initiator(initiator), .transaction(transaction), .address(address), .is_window(register_window), .length(length),
        .is_stimulus(is_stimulus), .is_flight(is_flight), .is_write(is_write), .is_modify(is_modify),
        .is_incrementing(is_incrementing),
        .data_read(data_read), .data_index(data_index), .data_word(data_word)
    );

    // ---- carry out

    wire ignored = is_flight && !powered;
    wire header_end = octet_index == (is_write ? 4'd7 : 4'd11);
    wire [10:0] answer_length = status != SUCCESS ? 11'd0 : is_modify ? 11'd4 : length;

    assign receiving = state == RECEIVE;
    assign register_stimulus = is_stimulus;
    assign register_read = state == READ;
    assign register_write = state == STROBE && is_incrementing;
    assign fifo_write = state == STROBE && !is_incrementing;
    assign fifo_check = state == OFFER;

    always @(posedge clk)
        if (rst) begin
            state <= RECEIVE;
        end else case (state)
            RECEIVE:
                if (complete && !ignored) begin
                    status <= judgement;
                    state <= JUDGED;
                end
            JUDGED: begin
                register_address <= address;
                data_index <= 9'd0;
                words_left <= is_modify ? 9'd1 : length[10:2];
                octet_index <= 4'd0;
                if (!register_busy)                 // a core that has just been reset is still clearing its memory
                    state <= status != SUCCESS ? HEADER : is_write ? FETCH : is_modify ? READ : HEADER;
            end

            // writes: every word waits until the board has digested the one before
            FETCH: begin
                data_index <= data_index + 9'd1;
                state <= is_modify ? MODIFY : LOAD;
            end
            LOAD: begin
                register_wdata <= data_word;
                state <= !is_incrementing && data_index == 9'd1 ? OFFER : STROBE;
            end
            OFFER: state <= OFFERED;
            OFFERED:
                if (fifo_answer_valid) begin
                    if (fifo_answer != TAKEN && fifo_answer != DROPPED) status <= REFUSED;
                    state <= fifo_answer == TAKEN ? STROBE : HEADER;
                end
            STROBE: begin
                register_address <= register_address + 13'd4;
                words_left <= words_left - 9'd1;
                state <= WAIT;
            end
            WAIT:
                if (!register_busy) state <= words_left != 9'd0 ? FETCH : HEADER;

            // read-modify-write: the old word is read first, then value and mask are fetched
            MODIFY: begin
                register_wdata <= data_word;
                state <= MODIFY_MASK;
            end
            MODIFY_MASK: begin
                register_wdata <= (word & ~data_word) | (register_wdata & data_word);
                state <= STROBE;
            end

            READ: state <= READING;
            READING:
                if (register_valid) begin
                    word <= register_rdata;
                    octet_index <= 4'd0;
                    state <= is_modify ? FETCH : DATA;
                end

            HEADER:
                if (reply_ready) begin
                    octet_index <= header_end ? 4'd0 : octet_index + 4'd1;
                    if (header_end)
                        state <= is_write ? RECEIVE : status != SUCCESS ? DATA_CRC : is_modify ? DATA : READ;
                end
            DATA:
                if (reply_ready) begin
                    word <= {word[23:0], 8'd0};
                    octet_index <= octet_index + 4'd1;
                    if (octet_index == 4'd3) begin
                        octet_index <= 4'd0;
                        register_address <= register_address + 13'd4;
                        words_left <= words_left - 9'd1;
                        state <= is_modify || words_left == 9'd1 ? DATA_CRC : READ;
                    end
                end
            DATA_CRC:
                if (reply_ready) state <= RECEIVE;
            default: state <= RECEIVE;
        endcase

    // ---- answer
    reg  [7:0] reply_crc;
    wire [7:0] next_crc;
    crc8_rmap crc8 (.crc(reply_crc), .octet(reply_octet), .crc_next(next_crc));

    assign reply_valid = state == HEADER || state == DATA || state == DATA_CRC;
    assign reply_last = state == DATA_CRC || (state == HEADER && is_write && header_end);

    always @*
        if (state == DATA) reply_octet = word[31:24];
        else if (state == DATA_CRC || header_end) reply_octet = reply_crc;
        else case (octet_index)
            4'd0: reply_octet = initiator;
            4'd1: reply_octet = 8'd1;
            4'd2: reply_octet = {2'b00, instruction};
            4'd3: reply_octet = {4'd0, status};
            4'd4: reply_octet = target;
            4'd5: reply_octet = transaction[15:8];
            4'd6: reply_octet = transaction[7:0];
            4'd9: reply_octet = {5'd0, answer_length[10:8]};
            4'd10: reply_octet = answer_length[7:0];
            default: reply_octet = 8'd0;
        endcase

    always @(posedge clk)
        if (state == JUDGED || (state == HEADER && header_end && reply_ready)) reply_crc <= 8'd0;
        else if (reply_valid && reply_ready) reply_crc <= next_crc;

    // ---- RMAP_ERRORS
    wire drops = silent && receiving;
    wire rejects = (state == JUDGED && !register_busy && status != SUCCESS)
        || (state == OFFERED && fifo_answer_valid && fifo_answer != TAKEN && fifo_answer != DROPPED);
    assign refused = drops || rejects;

    always @(posedge clk)
        if (rst || !powered) begin
            dropped <= 16'd0;
            rejected <= 16'd0;
        end else begin
            if (drops) dropped <= dropped + 16'd1;
            if (rejects) rejected <= rejected + 16'd1;
        end
endmodule

`default_nettype wire
