// SPDX-License-Identifier: Apache-2.0
// One latching current limiter of the power board (boards/README.md section 3).
`default_nettype none

module current_limiter #(
    parameter RESET_ENABLE = 1'b0
) (
    input  wire        clk,
    input  wire        rst,

    // registers
    input  wire        arm,            // LCL_ENABLE written with this limiter's bit 1, or the bus is back
    input  wire        disarm,         // LCL_ENABLE written with this limiter's bit 0
    input  wire        configure,      // LCLn written
    input  wire [15:0] new_limit,
    input  wire [7:0]  new_trip_ms,
    input  wire [1:0]  new_retries,
    input  wire        measure,        // the load's current written
    input  wire [15:0] new_current,

    // time
    input  wire        ms_tick,
    input  wire        locked_out,     // under-voltage lock-out holds it off
    input  wire        drop,           // disabled in this millisecond by lock-out, watchdog or dead bus

    // state
    output reg         enabled,
    output reg         tripped,
    output wire        on,
    output reg  [3:0]  trips,
    output wire        trips_now,      // in this millisecond
    output wire        retries_now,
    output wire        calm            // counts nothing
);

    localparam [9:0] RETRY_MS = 10'd1000;

    reg [15:0] current;
    reg [15:0] limit;
    reg [7:0]  trip_ms;
    reg [1:0]  retries;

    reg [7:0] over;
    reg [9:0] retry;
    reg [1:0] used;

    assign on = enabled && !tripped && !locked_out;

    wire overload = on && current > limit;
    wire waiting  = tripped && used < retries;

    assign calm        = !overload && !waiting && over == 8'd0;
    assign trips_now   = ms_tick && overload && {1'b0, over} + 9'd1 >= {1'b0, trip_ms};
    assign retries_now = ms_tick && waiting && retry == RETRY_MS - 10'd1;

    always @(posedge clk)
        if (rst) begin
            current <= 16'd0;
            limit   <= 16'hFFFF;
            trip_ms <= 8'd10;
            retries <= 2'd0;
        end else begin
            if (measure) current <= new_current;
            if (configure) begin
                limit   <= new_limit;
                trip_ms <= new_trip_ms;
                retries <= new_retries;
            end
        end

    always @(posedge clk)
        if (rst) begin
            enabled <= RESET_ENABLE;
            trips   <= 4'd0;
        end else begin
            if (arm) enabled <= 1'b1;
            if (disarm || drop) enabled <= 1'b0;
            if (trips_now && trips != 4'd15) trips <= trips + 4'd1;
        end

    always @(posedge clk)
        if (rst || disarm || drop) begin
            tripped <= 1'b0;
            over    <= 8'd0;
            retry   <= 10'd0;
            used    <= 2'd0;
        end else if (ms_tick) begin
            over <= overload && !trips_now ? over + 8'd1 : 8'd0;
            if (trips_now) begin
                tripped <= 1'b1;
                retry   <= 10'd0;
            end else if (retries_now) begin
                tripped <= 1'b0;
                retry   <= 10'd0;
                used    <= used + 2'd1;
            end else if (waiting)
                retry <= retry + 10'd1;
        end

endmodule

`default_nettype wire
