// SPDX-License-Identifier: Apache-2.0
// Generated from work.py. Include inside a module; clock step s does WORK_PER_MS[10*s +: 10].
localparam [159:0] WORK_PER_MS = {10'd1000, 10'd965, 10'd930, 10'd895, 10'd859, 10'd823, 10'd786, 10'd749, 10'd711, 10'd673, 10'd635, 10'd596, 10'd556, 10'd515, 10'd474, 10'd432};
