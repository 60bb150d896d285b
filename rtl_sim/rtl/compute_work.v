// SPDX-License-Identifier: Apache-2.0
// Work done by the sixteen compute nodes, each and together: one node a clock, a small multiplier for a batch of
// milliseconds at one clock step (boards/README.md section 4).
`default_nettype none

module compute_work (
    input  wire        clk,

    // reset values: the total at once, the nodes' counters one a clock
    input  wire        reset_total,
    input  wire        clear,
    input  wire [3:0]  clear_node,

    // a node's batch; it is in the counters after the next clock
    input  wire        add,
    input  wire [3:0]  add_node,
    input  wire        works,
    input  wire [3:0]  step,
    input  wire [9:0]  batch,

    // a node's counter, one clock later
    input  wire        read,           // never with `add`
    input  wire [3:0]  read_node,
    output reg  [31:0] read_word,
    output reg  [63:0] total
);

    `include "work.vh"

    reg [31:0] counters [0:15];
    reg [19:0] gain;
    reg        adding;
    reg [3:0]  adding_node;

    always @(posedge clk) begin
        adding <= add && works;
        if (add && works) begin
            gain        <= {10'd0, WORK_PER_MS[10*step +: 10]} * {10'd0, batch};
            adding_node <= add_node;
        end
    end

    always @(posedge clk)
        if (add || read) read_word <= counters[add ? add_node : read_node];

    always @(posedge clk)
        if (clear || adding)
            counters[clear ? clear_node : adding_node] <= clear ? 32'd0 : read_word + {12'd0, gain};

    always @(posedge clk)
        if (reset_total) total <= 64'd0;
        else if (adding) total <= total + {44'd0, gain};

endmodule

`default_nettype wire
