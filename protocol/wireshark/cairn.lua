-- A Wireshark dissector for the Cairn protocol, written from STANDARD.md and WORLD.md.
--
-- Shows what every datagram tells whoever sees it: its type, a hello's fields and the clear part of
-- its token, a packet's number and key phase. With the session's keys it also opens packets and shows
-- their frames. The keys come from a file that `cairn serve --key-log FILE` or `cairn watch
-- --key-log FILE` writes; name it in the preference cairn.keylog:
--
--     tshark -X lua_script:protocol/wireshark/cairn.lua -o cairn.keylog:keys.txt -r capture.pcapng
--
-- or put both Lua files of this folder where Wireshark keeps plugins. They need nothing besides Wireshark.
-- Only a packet whose tag holds moves the numbers and phases by which later ones are read.
--
-- A capture on the sending machine may hold several packets in one, as the kernel was given them
-- (UDP segmentation offload); they are told apart by their heads.

local cairn = Proto("cairn", "Cairn")
cairn.prefs.port = Pref.uint("UDP port", 7777, "Port of servers whose hello is not in the capture")
cairn.prefs.keylog = Pref.string("Key log file", "", "What `--key-log` wrote")

local band = bit.band
-- Beside this file, wherever that was put.
local opening = dofile(debug.getinfo(1, "S").source:match("^@(.*[/\\])") .. "opening.lua")

-- Fields ------------------------------------------------------------------------------------------

local types = {
    [0x01] = "client hello", [0x02] = "client packet", [0x42] = "client packet",
    [0x81] = "cookie", [0x82] = "server hello", [0x83] = "refusal",
    [0x84] = "server packet", [0xc4] = "server packet",
}
local ciphers = { [0] = "ChaCha20-Poly1305", [1] = "AES-256-GCM" }
local refusals = { [1] = "server full", [2] = "already connected", [3] = "no common version",
    [4] = "overloaded" }
local closes = {
    [0] = "normal", [2] = "protocol violation", [3] = "overrun", [4] = "key exhausted",
    [5] = "shutdown", [6] = "removed",
}
local frames = {
    [0x00] = "padding", [0x01] = "acknowledgement", [0x02] = "ordered message", [0x03] = "ping",
    [0x04] = "pong", [0x05] = "close", [0x06] = "path challenge", [0x07] = "path response",
    [0x08] = "unreliable message", [0x09] = "sequenced message", [0x0a] = "unordered message",
    [0x10] = "steering", [0x11] = "pose claim", [0x20] = "tick", [0x21] = "keyframe block",
    [0x22] = "change block", [0x23] = "property block", [0x24] = "page digest",
    [0x25] = "leave block",
}
local client_messages = {
    [1] = "enter", [2] = "intent", [3] = "sightings", [4] = "look", [5] = "ready", [6] = "ask",
    [7] = "seen intent",
}
local server_messages = {
    [1] = "welcome", [2] = "accepted", [3] = "durable", [4] = "refused", [5] = "heard",
    [6] = "device pose", [12] = "offered",
}
local intents = {
    [0] = "create", "delete", "set", "add", "insert", "remove", "put", "remove key", "place",
    "say", "all", "pick up", "put down", "give", "trade", "share", "unshare", "hand over",
}

local f = {
    type = ProtoField.uint8("cairn.type", "Type", base.HEX, types),
    magic = ProtoField.string("cairn.magic", "Magic"),
    lowest = ProtoField.uint8("cairn.hello.lowest", "Lowest version"),
    highest = ProtoField.uint8("cairn.hello.highest", "Highest version"),
    ciphers = ProtoField.uint8("cairn.hello.ciphers", "Ciphers offered", base.HEX),
    client_nonce = ProtoField.bytes("cairn.client_nonce", "Client nonce"),
    server_nonce = ProtoField.bytes("cairn.server_nonce", "Server nonce"),
    public_key = ProtoField.bytes("cairn.public_key", "X25519 public key"),
    bucket = ProtoField.uint32("cairn.cookie.bucket", "Cookie's time bucket"),
    code = ProtoField.bytes("cairn.cookie.code", "Cookie's code"),
    token = ProtoField.none("cairn.token", "Sealed token"),
    token_format = ProtoField.uint8("cairn.token.format", "Format"),
    token_key = ProtoField.uint32("cairn.token.key", "Key identifier", base.HEX),
    token_id = ProtoField.uint64("cairn.token.id", "Token id", base.HEX),
    token_expiry = ProtoField.absolute_time("cairn.token.expiry", "Expires", base.UTC),
    token_nonce = ProtoField.bytes("cairn.token.nonce", "Nonce"),
    token_sealed = ProtoField.bytes("cairn.token.sealed", "Private part, sealed"),
    extension = ProtoField.none("cairn.extension", "Extension"),
    extension_type = ProtoField.uint16("cairn.extension.type", "Type", base.DEC,
        { [1] = "maximum datagram" }),
    extension_body = ProtoField.bytes("cairn.extension.body", "Body"),
    proof = ProtoField.bytes("cairn.proof", "Proof"),
    version = ProtoField.uint8("cairn.version", "Version"),
    cipher = ProtoField.uint8("cairn.cipher", "Cipher", base.DEC, ciphers),
    connection = ProtoField.uint64("cairn.connection", "Connection id", base.HEX),
    epoch = ProtoField.uint64("cairn.epoch", "Epoch"),
    server_id = ProtoField.uint64("cairn.server_id", "Server id"),
    confirmation = ProtoField.bytes("cairn.confirmation", "Confirmation"),
    reason = ProtoField.uint8("cairn.refusal", "Reason", base.DEC, refusals),
    number = ProtoField.uint64("cairn.number", "Packet number"),
    odd_phase = ProtoField.bool("cairn.odd_phase", "Odd key phase", 8, nil, 0x40),
    phase = ProtoField.uint32("cairn.phase", "Key phase"),
    sealed = ProtoField.bytes("cairn.sealed", "Sealed frames"),
    tag = ProtoField.bytes("cairn.tag", "Tag"),
    frame = ProtoField.uint16("cairn.frame", "Frame", base.HEX, frames),
    length = ProtoField.uint32("cairn.frame.length", "Length"),
    ack_largest = ProtoField.uint64("cairn.ack.largest", "Largest"),
    ack_delay = ProtoField.uint64("cairn.ack.delay", "Delay, µs"),
    ack_range = ProtoField.string("cairn.ack.range", "Received"),
    lane = ProtoField.uint8("cairn.message.lane", "Lane", base.DEC, nil, 0x0f),
    part = ProtoField.bool("cairn.message.part", "Part of a message", 8, nil, 0x80),
    message_number = ProtoField.uint64("cairn.message.number", "Number"),
    message_length = ProtoField.uint64("cairn.message.length", "Length of the whole"),
    chunk = ProtoField.uint64("cairn.message.chunk", "First chunk"),
    channel = ProtoField.uint8("cairn.message.channel", "Channel"),
    bytes = ProtoField.bytes("cairn.message.bytes", "Bytes"),
    message = ProtoField.string("cairn.message", "Message"),
    intent = ProtoField.string("cairn.intent", "Intent"),
    intent_number = ProtoField.uint32("cairn.intent.number", "Intent's number"),
    seen_tick = ProtoField.uint32("cairn.intent.seen.tick", "Tick that was on the screen"),
    seen_part = ProtoField.uint8("cairn.intent.seen.part", "256ths of a tick after it"),
    text = ProtoField.string("cairn.text", "Text"),
    clock = ProtoField.uint64("cairn.clock", "Clock, ns"),
    close = ProtoField.uint16("cairn.close", "Code", base.DEC, closes),
    value = ProtoField.uint64("cairn.value", "Value", base.HEX),
    sequence = ProtoField.uint32("cairn.sequence", "Sequence"),
    tick = ProtoField.uint32("cairn.tick", "Tick"),
    marks = ProtoField.uint8("cairn.marks", "Marks", base.HEX),
    server_clock = ProtoField.uint64("cairn.server_clock", "Server's clock, ms"),
    position = ProtoField.string("cairn.position", "Position, m"),
    page = ProtoField.uint64("cairn.page", "Page"),
    age = ProtoField.uint64("cairn.age", "Keyframe's age in ticks"),
    change_head = ProtoField.uint64("cairn.change", "Age << 3 | arrived << 2 | departed << 1 | keyframe"),
    cell = ProtoField.uint64("cairn.cell", "Cell key", base.HEX),
    slots = ProtoField.uint64("cairn.slots", "Slots", base.HEX),
    digest = ProtoField.uint64("cairn.digest", "Digest", base.HEX),
    rest = ProtoField.bytes("cairn.body", "Body"),
}
cairn.fields = f

local e_malformed = ProtoExpert.new("cairn.malformed", "Malformed", expert.group.MALFORMED,
    expert.severity.ERROR)
local e_unopened = ProtoExpert.new("cairn.unopened", "No key opens this packet",
    expert.group.DECRYPTION, expert.severity.NOTE)
cairn.experts = { e_malformed, e_unopened }

-- Sessions ----------------------------------------------------------------------------------------

-- By connection id in hexadecimal: for each direction its keys by phase, the phase and the largest
-- number so far. By flow: the connection id that was last seen on it. By packet: what was found out
-- when it was first looked at, since packets are looked at again in any order.
local sessions, flows, seen, loaded

local function from_hex(text)
    return (text:gsub("%x%x", function(pair) return string.char(tonumber(pair, 16)) end))
end

local function load_keys()
    sessions, flows, seen, loaded = {}, {}, {}, cairn.prefs.keylog
    if loaded == "" then return end
    local file = io.open(loaded, "r")
    if not file then return end
    for line in file:lines() do
        local side, id, cipher, key = line:match("^(%a+) (%x+) (%d) (%x+)$")
        if key and #key == 64 and #id == 16 then
            sessions[id] = sessions[id] or {}
            sessions[id][side] = { cipher = tonumber(cipher), keys = { [0] = from_hex(key) },
                ready = {}, phase = 0, next = 0 }
        end
    end
    file:close()
end

function cairn.init() load_keys() end

local function flow_name(pinfo, from_client)
    local source = tostring(pinfo.src) .. ":" .. pinfo.src_port
    local target = tostring(pinfo.dst) .. ":" .. pinfo.dst_port
    return from_client and source .. ">" .. target or target .. ">" .. source
end

local function direction_key(direction, phase)
    for step = 1, phase do
        direction.keys[step] = direction.keys[step] or opening.next_key(direction.keys[step - 1])
    end
    return direction.keys[phase]
end

-- The whole number nearest to the one expected (RFC 9000, appendix A.3).
local function whole_number(low, expected)
    local number = expected - expected % 4294967296 + low
    if number + 2147483648 <= expected then return number + 4294967296 end
    if number > expected + 2147483648 and number >= 4294967296 then return number - 4294967296 end
    return number
end

local function open(direction, phase, number, head, sealed, tag)
    direction.ready[phase] = direction.ready[phase]
        or opening.prepare(direction.cipher, direction_key(direction, phase))
    return opening.open(direction.ready[phase], number, head, sealed, tag)
end

-- The phases a packet may be of. A capture may begin late: the first packet may be of any.
local function candidates(direction, is_odd, number)
    local phase = direction.phase
    if direction.next == 0 then
        local all = {}
        for late = is_odd and 1 or 0, 15, 2 do all[#all + 1] = late end
        return all
    end
    if (phase % 2 == 1) == is_odd then return { phase } end
    if number >= direction.next then return { phase + 1 } end
    return phase > 0 and { phase - 1 } or {}
end

-- What a packet is: its number, its phase and its frames, where a key of the log opens it.
local function look_into(direction, low, is_odd, head, sealed, tag)
    local number = whole_number(low, direction.next)
    for _, phase in ipairs(candidates(direction, is_odd, number)) do
        local text = open(direction, phase, number, head, sealed, tag)
        if text then
            direction.phase = math.max(direction.phase, phase)
            direction.next = math.max(direction.next, number + 1)
            return { number = number, phase = phase, text = text }
        end
    end
end

-- Frames ------------------------------------------------------------------------------------------

-- Reads a frame's body field by field; an error in it is shown and ends the frame.
local Reader = {}
Reader.__index = Reader

local function reader(range) return setmetatable({ range = range, at = 0 }, Reader) end

function Reader:left() return self.range:len() - self.at end

function Reader:take(count)
    if count > self:left() then error("it ends too early", 0) end
    local part = self.range:range(self.at, count)
    self.at = self.at + count
    return part
end

function Reader:varint(tree, field)
    local start, value, scale = self.at, 0, 1
    repeat
        local byte = self:take(1):uint()
        value, scale = value + band(byte, 127) * scale, scale * 128
    until byte < 128
    local part = self.range:range(start, self.at - start)
    if field then tree:add(field, part, UInt64(value % 4294967296, math.floor(value / 4294967296))) end
    return value, part
end

function Reader:little(tree, field, count) tree:add_le(field, self:take(count)) end

function Reader:text(tree, field)
    local length = self:varint()
    if length > 0 then tree:add(field, self:take(length)) end
end

function Reader:position(tree)
    local part = self:take(12)
    local metres = {}
    for axis = 0, 2 do
        metres[axis + 1] = string.format("%.2f", part:range(axis * 4, 4):le_int() / 1024)
    end
    tree:add(f.position, part, table.concat(metres, " "))
end

function Reader:rest(tree, field)
    if self:left() > 0 then tree:add(field or f.rest, self:take(self:left())) end
end

local function show_intent(body, tree, seen)
    body:little(tree, f.intent_number, 4)
    if seen then
        body:little(tree, f.seen_tick, 4)
        body:little(tree, f.seen_part, 1)
    end
    local tag = body:take(1)
    local name = intents[tag:uint()] or "unknown"
    tree:add(f.intent, tag, name)
    if name == "say" then body:text(tree, f.text) end
    return name
end

local function show_message(body, tree, from_client)
    local tag = body:take(1)
    local name = (from_client and client_messages or server_messages)[tag:uint()] or "unknown"
    tree:add(f.message, tag, name)
    if from_client and name == "intent" then
        name = "intent: " .. show_intent(body, tree)
    elseif name == "seen intent" then
        name = "intent: " .. show_intent(body, tree, true)
    elseif name == "ask" or name == "accepted" or name == "durable" or name == "refused" then
        body:little(tree, f.intent_number, 4)
    elseif name == "look" then
        body:position(tree)
    elseif name == "heard" then
        body:take(8)
        body:text(tree, f.text)
        body:text(tree, f.text)
    end
    body:rest(tree)
    return name
end

local function show_reliable(body, tree, from_client)
    local head = body:take(1)
    tree:add(f.lane, head)
    tree:add(f.part, head)
    body:varint(tree, f.message_number)
    if head:uint() >= 128 then
        body:varint(tree, f.message_length)
        local chunk = body:varint(tree, f.chunk)
        -- Only the first part says what the message is.
        if chunk > 0 then return body:rest(tree, f.bytes) end
    end
    return show_message(body, tree, from_client)
end


local show = {
    [0x00] = function(body) body:take(body:left()) end,
    [0x01] = function(body, tree)
        local largest = body:varint(tree, f.ack_largest)
        body:varint(tree, f.ack_delay)
        local top, first = largest, true
        repeat
            local start = body.at
            if not first then top = top - body:varint() - 1 end
            local run = body:varint()
            if top - run < 0 then error("it acknowledges numbers below 0", 0) end
            tree:add(f.ack_range, body.range:range(start, body.at - start),
                string.format("%.0f to %.0f", top - run, top))
            top, first = top - run - 1, false
        until body:left() == 0
    end,
    [0x02] = show_reliable,
    [0x0a] = show_reliable,
    [0x03] = function(body, tree) body:little(tree, f.clock, 8) end,
    [0x04] = function(body, tree) for _ = 1, 3 do body:little(tree, f.clock, 8) end end,
    [0x05] = function(body, tree)
        body:little(tree, f.close, 2)
        body:text(tree, f.text)
    end,
    [0x06] = function(body, tree) body:little(tree, f.value, 8) end,
    [0x07] = function(body, tree) body:little(tree, f.value, 8) end,
    [0x08] = function(body, tree) body:rest(tree, f.bytes) end,
    [0x09] = function(body, tree)
        tree:add(f.channel, body:take(1))
        body:varint(tree, f.message_number)
        body:rest(tree, f.bytes)
    end,
    [0x10] = function(body, tree)
        while body:left() > 0 do
            local input = tree:add(f.sequence, body.range:range(body.at, 4),
                body.range:range(body.at, 4):le_uint())
            body:take(4)
            input:append_text(" for " .. body:take(1):uint() .. " ms")
            body:take(11)
        end
    end,
    [0x11] = function(body, tree)
        body:little(tree, f.sequence, 4)
        body:position(tree)
        body:take(11)
    end,
    [0x20] = function(body, tree)
        body:little(tree, f.tick, 4)
        local marks = body:take(1)
        tree:add(f.marks, marks)
        body:varint(tree, f.server_clock)
        if band(marks:uint(), 1) > 0 then body:little(tree, f.sequence, 4) end
        if band(marks:uint(), 2) > 0 then
            body:position(tree)
            body:take(11)
        end
        if band(marks:uint(), 4) > 0 then body:little(tree, f.intent_number, 4) end
    end,
    [0x21] = function(body, tree)
        body:varint(tree, f.page)
        body:varint(tree, f.age)
        body:little(tree, f.cell, 8)
        body:varint(tree, f.slots)
        body:rest(tree)
    end,
    [0x22] = function(body, tree)
        body:varint(tree, f.page)
        body:varint(tree, f.change_head)
        body:rest(tree)
    end,
    [0x23] = function(body, tree)
        body:varint(tree, f.page)
        body:rest(tree)
    end,
    [0x24] = function(body, tree)
        body:varint(tree, f.page)
        body:little(tree, f.digest, 8)
    end,
    [0x25] = function(body, tree)
        while body:left() > 0 do body:varint(tree, f.page) end
    end,
}

-- Shows all frames; returns their names for the list of packets.
local function show_frames(range, tree, from_client)
    local all, names = reader(range), {}
    while all:left() > 0 do
        local start = all.at
        local kind, kind_range = all:varint()
        local length = all:varint()
        local body = reader(length > 0 and all:take(length) or range:range(0, 0))
        if length == 0 then body.range = { len = function() return 0 end } end
        local branch = tree:add(f.frame, range:range(start, all.at - start), kind)
        local name = frames[kind] or string.format("frame 0x%x", kind)
        branch:add(f.length, kind_range, length)
        local known = show[kind] or function(rest, under) rest:rest(under) end
        local fine, what = pcall(known, body, branch, from_client)
        if not fine then
            branch:add_proto_expert_info(e_malformed, name .. ": " .. tostring(what))
        elseif body:left() > 0 then
            branch:add_proto_expert_info(e_malformed, name .. ": bytes are left over")
        elseif what then
            name = name .. " (" .. what .. ")"
        end
        names[#names + 1] = name
    end
    return table.concat(names, ", ")
end

-- Datagrams ---------------------------------------------------------------------------------------

local function show_extensions(range, tree)
    local at, count = 2, range:range(0, 2):le_uint()
    while at + 4 <= 2 + count do
        local length = range:range(at + 2, 2):le_uint()
        if at + 4 + length > 2 + count then
            return tree:add_proto_expert_info(e_malformed, "an extension reaches too far")
        end
        local branch = tree:add(f.extension, range:range(at, 4 + length))
        branch:add_le(f.extension_type, range:range(at, 2))
        if length > 0 then branch:add(f.extension_body, range:range(at + 4, length)) end
        at = at + 4 + length
    end
end

local function show_client_hello(tvb, pinfo, tree)
    tree:add(f.magic, tvb(1, 4))
    tree:add(f.lowest, tvb(5, 1))
    tree:add(f.highest, tvb(6, 1))
    tree:add(f.ciphers, tvb(7, 1))
    tree:add(f.client_nonce, tvb(8, 16))
    tree:add(f.public_key, tvb(24, 32))
    tree:add_le(f.bucket, tvb(56, 4))
    tree:add(f.code, tvb(60, 16))
    local token = tree:add(f.token, tvb(76, 256))
    token:add(f.token_format, tvb(76, 1))
    token:add_le(f.token_key, tvb(77, 4))
    token:add_le(f.token_id, tvb(81, 8))
    local expiry = tvb(89, 8):le_uint64():tonumber()
    token:add(f.token_expiry, tvb(89, 8), NSTime(math.floor(expiry / 1000), expiry % 1000 * 1000000))
    token:add(f.token_nonce, tvb(97, 24))
    token:add(f.token_sealed, tvb(121, 211))
    show_extensions(tvb(332, 852), tree)
    tree:add(f.proof, tvb(1184, 16))
    local has_cookie = tvb(56, 20):bytes():tohex():find("[^0]")
    return has_cookie and "client hello with a cookie" or "client hello"
end

local function show_server_hello(tvb, pinfo, tree)
    tree:add(f.version, tvb(1, 1))
    tree:add(f.cipher, tvb(2, 1))
    tree:add(f.client_nonce, tvb(3, 16))
    tree:add(f.server_nonce, tvb(19, 16))
    tree:add(f.public_key, tvb(35, 32))
    tree:add_le(f.connection, tvb(67, 8))
    tree:add_le(f.epoch, tvb(75, 8))
    tree:add_le(f.server_id, tvb(83, 8))
    show_extensions(tvb(91, tvb:len() - 91 - 16), tree)
    tree:add(f.confirmation, tvb(tvb:len() - 16, 16))
    if not pinfo.visited then
        flows[flow_name(pinfo, false)] = tvb(67, 8):le_uint64():tohex()
    end
    return "server hello"
end

local function show_packet(tvb, pinfo, tree, name, from_client)
    local head = from_client and 13 or 5
    local low = tvb(head - 4, 4):le_uint()
    local sealed = tvb(head, tvb:len() - head - 16)
    local id = from_client and tvb(1, 8):le_uint64():tohex() or flows[flow_name(pinfo, false)]
    if from_client and not pinfo.visited then flows[flow_name(pinfo, true)] = id end
    local place = pinfo.number .. ":" .. tvb:offset() .. ":" .. low
    if not pinfo.visited and id then
        local session = sessions[id]
        local direction = session and session[from_client and "client" or "server"]
        local is_odd = band(tvb(0, 1):uint(), 0x40) > 0
        if direction then
            seen[place] = look_into(direction, low, is_odd, tvb:raw(0, head),
                sealed:bytes():raw(), tvb:raw(tvb:len() - 16, 16)) or false
        end
    end
    local found = seen[place]
    if from_client then tree:add_le(f.connection, tvb(1, 8)) end
    local number = found and found.number or low
    tree:add(f.number, tvb(head - 4, 4),
        UInt64(number % 4294967296, math.floor(number / 4294967296)))
    tree:add(f.odd_phase, tvb(0, 1))
    local what = name .. string.format(" %.0f", number)
    if found then
        tree:add(f.phase, tvb(0, 1), found.phase)
        if #found.text > 0 then
            local open = ByteArray.new(found.text, true):tvb("Opened packet")
            what = what .. ": " .. show_frames(open:range(), tree, from_client)
        end
    else
        tree:add(f.sealed, sealed)
        if found == false then tree:add_proto_expert_info(e_unopened) end
    end
    tree:add(f.tag, tvb(tvb:len() - 16, 16))
    return what
end

local lengths = {
    [0x01] = { 1200, 1200 }, [0x02] = { 29, 65535 }, [0x42] = { 29, 65535 }, [0x81] = { 37, 37 },
    [0x82] = { 109, 365 }, [0x83] = { 34, 34 }, [0x84] = { 21, 65535 }, [0xc4] = { 21, 65535 },
}

-- Where the second of several packets begins that were captured in one: after it come the same
-- type, the same connection and one of the next numbers, which nothing sealed does by chance.
local function segment(tvb)
    local from_client = tvb(0, 1):uint() < 128
    local head = from_client and 13 or 5
    local text, number = tvb:raw(), tvb(head - 4, 4):le_uint()
    local shared = from_client and text:sub(2, 9) or ""
    for at = head + 17, #text - head - 15 do
        if band(text:byte(at), 0xbf) == band(text:byte(1), 0xbf)
            and text:sub(at + 1, at + #shared) == shared then
            local ahead = tvb(at + head - 5, 4):le_uint() - number
            if ahead > 0 and ahead < 256 then return at - 1 end
        end
    end
    return #text
end

local function show_datagram(tvb, pinfo, tree)
    local kind = tvb(0, 1):uint()
    local branch = tree:add(cairn, tvb())
    branch:add(f.type, tvb(0, 1))
    local name = types[kind]
    if kind == 0x01 then
        name = show_client_hello(tvb, pinfo, branch)
    elseif kind == 0x81 then
        branch:add(f.client_nonce, tvb(1, 16))
        branch:add_le(f.bucket, tvb(17, 4))
        branch:add(f.code, tvb(21, 16))
    elseif kind == 0x82 then
        name = show_server_hello(tvb, pinfo, branch)
    elseif kind == 0x83 then
        branch:add(f.reason, tvb(1, 1))
        branch:add(f.client_nonce, tvb(2, 16))
        branch:add(f.confirmation, tvb(18, 16))
    else
        name = show_packet(tvb, pinfo, branch, name, kind < 128)
    end
    branch:append_text(", " .. name)
    return name
end

function cairn.dissector(tvb, pinfo, tree)
    if loaded ~= cairn.prefs.keylog then load_keys() end
    local allowed = tvb:len() > 0 and lengths[tvb(0, 1):uint()]
    if not allowed or tvb:len() < allowed[1] or tvb:len() > allowed[2] then return 0 end
    pinfo.cols.protocol = "Cairn"
    local names, at = {}, 0
    while at < tvb:len() do
        local part = tvb:range(at):tvb()
        local kind = part(0, 1):uint()
        if not lengths[kind] or part:len() < lengths[kind][1] then break end
        local is_packet = band(kind, 0x3f) == 0x02 or band(kind, 0x3f) == 0x04
        local count = is_packet and segment(part) or part:len()
        if count < part:len() then part = tvb:range(at, count):tvb() end
        names[#names + 1] = show_datagram(part, pinfo, tree)
        at = at + count
    end
    pinfo.cols.info = table.concat(names, " | ")
    return tvb:len()
end

-- A hello shows itself by its length and magic; what follows on its flow is Cairn's as well.
local function is_hello(tvb, pinfo, tree)
    if tvb:len() ~= 1200 or tvb(0, 5):bytes():tohex() ~= "0143414952" then return false end
    cairn.dissector(tvb, pinfo, tree)
    pinfo.conversation = cairn
    return true
end

cairn:register_heuristic("udp", is_hello)

local ports, port = DissectorTable.get("udp.port"), cairn.prefs.port
ports:add(port, cairn)

function cairn.prefs_changed()
    if port == cairn.prefs.port then return end
    ports:remove(port, cairn)
    port = cairn.prefs.port
    ports:add(port, cairn)
end
