-- What opens Cairn's packets, for cairn.lua: ChaCha20-Poly1305, AES-256-GCM, and BLAKE2b for the keys of
-- later phases, in plain Lua (5.2 to 5.4) with nothing but Wireshark's `bit`. Slow and simple on
-- purpose: a capture of 1,300 packets takes two seconds.

local band, bor, bxor = bit.band, bit.bor, bit.bxor
local rol, lshift, rshift, tobit = bit.rol, bit.lshift, bit.rshift, bit.tobit

-- Bytes -------------------------------------------------------------------------------------------

local function word(text, at)
    local a, b, c, d = text:byte(at, at + 3)
    return tobit(a + b * 256 + c * 65536 + d * 16777216)
end

local function word_bytes(value)
    return string.char(band(value, 255), band(rshift(value, 8), 255), band(rshift(value, 16), 255),
        rshift(value, 24))
end

-- Numbers of packets are kept as Lua numbers: exact up to 2^53, which no connection reaches.
local function number_bytes(number)
    local high = math.floor(number / 4294967296)
    return word_bytes(tobit(number % 4294967296)) .. word_bytes(tobit(high))
end

local function xor_bytes(text, stream)
    local out = {}
    for at = 1, #text do out[at] = string.char(bxor(text:byte(at), stream:byte(at))) end
    return table.concat(out)
end

-- ChaCha20 (RFC 8439) -----------------------------------------------------------------------------

local function quarter(s, a, b, c, d)
    s[a] = tobit(s[a] + s[b]); s[d] = rol(bxor(s[d], s[a]), 16)
    s[c] = tobit(s[c] + s[d]); s[b] = rol(bxor(s[b], s[c]), 12)
    s[a] = tobit(s[a] + s[b]); s[d] = rol(bxor(s[d], s[a]), 8)
    s[c] = tobit(s[c] + s[d]); s[b] = rol(bxor(s[b], s[c]), 7)
end

local function chacha_block(key, counter, nonce)
    local start = { word("expa", 1), word("nd 3", 1), word("2-by", 1), word("te k", 1) }
    for at = 1, 32, 4 do start[#start + 1] = word(key, at) end
    start[13] = counter
    for at = 1, 12, 4 do start[#start + 1] = word(nonce, at) end
    local s = {}
    for at = 1, 16 do s[at] = start[at] end
    for _ = 1, 10 do
        quarter(s, 1, 5, 9, 13); quarter(s, 2, 6, 10, 14)
        quarter(s, 3, 7, 11, 15); quarter(s, 4, 8, 12, 16)
        quarter(s, 1, 6, 11, 16); quarter(s, 2, 7, 12, 13)
        quarter(s, 3, 8, 9, 14); quarter(s, 4, 5, 10, 15)
    end
    local out = {}
    for at = 1, 16 do out[at] = word_bytes(tobit(s[at] + start[at])) end
    return table.concat(out)
end

local function chacha_decrypt(key, nonce, sealed)
    local stream = {}
    for block = 1, math.ceil(#sealed / 64) do stream[block] = chacha_block(key, block, nonce) end
    return xor_bytes(sealed, table.concat(stream))
end

local function padded(text) return text .. ("\0"):rep(-#text % 16) end

local function length_bytes(count) return word_bytes(count) .. "\0\0\0\0" end

-- Sixteen or seventeen bytes as limbs of 13 bits, lowest first, ten of them.
local function limbs(text)
    local out, value, width = {}, 0, 0
    for at = 1, #text do
        value, width = value + text:byte(at) * 2 ^ width, width + 8
        if width >= 13 then
            out[#out + 1] = value % 8192
            value, width = math.floor(value / 8192), width - 13
        end
    end
    while #out < 10 do
        out[#out + 1] = value % 8192
        value = math.floor(value / 8192)
    end
    return out
end

local function carry(h)
    local over = 0
    for at = 1, 10 do
        local value = h[at] + over
        h[at], over = value % 8192, math.floor(value / 8192)
    end
    h[1] = h[1] + over * 5
end

local function poly1305(key, text)
    local clamped = {}
    for at = 1, 16 do
        local mask = (at % 4 == 0 and 15) or (at % 4 == 1 and at > 1 and 252) or 255
        clamped[at] = string.char(band(key:byte(at), mask))
    end
    local r, h = limbs(table.concat(clamped)), { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }
    for start = 1, #text, 16 do
        local block = limbs(text:sub(start, start + 15) .. "\1")
        for at = 1, 10 do h[at] = h[at] + block[at] end
        local product = {}
        for at = 1, 10 do
            local sum = 0
            for other = 1, 10 do
                local from = at - other + 1
                sum = sum + h[other] * (from > 0 and r[from] or 5 * r[from + 10])
            end
            product[at] = sum
        end
        h = product
        carry(h)
        carry(h)
    end
    carry(h)
    -- 2^130 - 5 is taken off when it is there: then adding 5 reaches 2^130.
    local over = 5
    for at = 1, 10 do over = math.floor((h[at] + over) / 8192) end
    over = over * 5
    for at = 1, 10 do
        local value = h[at] + over
        h[at], over = value % 8192, math.floor(value / 8192)
    end
    local out, value, width, limb, sum = {}, 0, 0, 1, 0
    for at = 1, 16 do
        while width < 8 do
            value, width, limb = value + h[limb] * 2 ^ width, width + 13, limb + 1
        end
        sum = math.floor(sum / 256) + value % 256 + key:byte(16 + at)
        out[at] = string.char(sum % 256)
        value, width = math.floor(value / 256), width - 8
    end
    return table.concat(out)
end

local function chacha_tag(key, nonce, head, sealed)
    return poly1305(chacha_block(key, 0, nonce):sub(1, 32),
        padded(head) .. padded(sealed) .. length_bytes(#head) .. length_bytes(#sealed))
end

-- AES-256 in counter mode, as GCM uses it (NIST SP 800-38D): the first block has counter 2 ----------

local function times(a)
    return band(bxor(lshift(a, 1), a >= 128 and 0x1b or 0), 255)
end

local sbox = {}
do
    local p, q = 1, 1
    repeat
        p = bxor(p, times(p))
        q = bxor(q, lshift(q, 1)); q = bxor(q, lshift(q, 2)); q = bxor(q, lshift(q, 4))
        q = band(q, 255)
        if q >= 128 then q = bxor(q, 9) end
        local turned = q
        for count = 1, 4 do
            turned = bxor(turned, band(bor(lshift(q, count), rshift(q, 8 - count)), 255))
        end
        sbox[p] = bxor(turned, 0x63)
    until p == 1
    sbox[0] = 0x63
end

local function expand(key)
    local words, constant = {}, 1
    for at = 1, 32, 4 do words[#words + 1] = { key:byte(at, at + 3) } end
    for index = 8, 59 do
        local last, before = words[index], words[index - 7]
        local a, b, c, d = last[1], last[2], last[3], last[4]
        if index % 8 == 0 then
            a, b, c, d = bxor(sbox[b], constant), sbox[c], sbox[d], sbox[a]
            constant = times(constant)
        elseif index % 8 == 4 then
            a, b, c, d = sbox[a], sbox[b], sbox[c], sbox[d]
        end
        words[index + 1] = { bxor(before[1], a), bxor(before[2], b), bxor(before[3], c),
            bxor(before[4], d) }
    end
    local flat = {}
    for _, four in ipairs(words) do for _, byte in ipairs(four) do flat[#flat + 1] = byte end end
    return flat
end

local function aes_block(keys, block)
    local s = {}
    for at = 1, 16 do s[at] = bxor(block:byte(at), keys[at]) end
    for turn = 1, 14 do
        local t = {}
        for at = 0, 15 do t[at + 1] = sbox[s[(at + 4 * (at % 4)) % 16 + 1]] end
        if turn < 14 then
            for at = 1, 13, 4 do
                local a, b, c, d = t[at], t[at + 1], t[at + 2], t[at + 3]
                local every = bxor(a, b, c, d)
                t[at] = bxor(a, every, times(bxor(a, b)))
                t[at + 1] = bxor(b, every, times(bxor(b, c)))
                t[at + 2] = bxor(c, every, times(bxor(c, d)))
                t[at + 3] = bxor(d, every, times(bxor(d, a)))
            end
        end
        for at = 1, 16 do s[at] = bxor(t[at], keys[turn * 16 + at]) end
    end
    local out = {}
    for at = 1, 16 do out[at] = string.char(s[at]) end
    return table.concat(out)
end

local function aes_decrypt(keys, nonce, sealed)
    local stream = {}
    for block = 1, math.ceil(#sealed / 16) do
        -- At most 4,096 blocks, so the counter's lower two bytes are enough.
        local counter = block + 1
        stream[block] = aes_block(keys,
            nonce .. string.char(0, 0, math.floor(counter / 256), counter % 256))
    end
    return xor_bytes(sealed, table.concat(stream))
end

local function big_word(text, at)
    local a, b, c, d = text:byte(at, at + 3)
    return tobit(d + c * 256 + b * 65536 + a * 16777216)
end

-- What each of the 128 bits of a block adds to its product with the hash's key.
local function ghash_table(key)
    local v, out = { big_word(key, 1), big_word(key, 5), big_word(key, 9), big_word(key, 13) }, {}
    for at = 1, 128 do
        out[at] = v
        local low = band(v[4], 1)
        v = {
            bxor(rshift(v[1], 1), low == 1 and 0xe1000000 or 0),
            bor(rshift(v[2], 1), lshift(v[1], 31)),
            bor(rshift(v[3], 1), lshift(v[2], 31)),
            bor(rshift(v[4], 1), lshift(v[3], 31)),
        }
    end
    return out
end

local function gcm_tag(prepared, nonce, head, sealed)
    local text = padded(head) .. padded(sealed)
        .. (length_bytes(#sealed * 8) .. length_bytes(#head * 8)):reverse()
    local a, b, c, d = 0, 0, 0, 0
    for start = 1, #text, 16 do
        local x = {
            bxor(a, big_word(text, start)), bxor(b, big_word(text, start + 4)),
            bxor(c, big_word(text, start + 8)), bxor(d, big_word(text, start + 12)),
        }
        a, b, c, d = 0, 0, 0, 0
        for at = 0, 127 do
            if band(x[math.floor(at / 32) + 1], lshift(1, 31 - at % 32)) ~= 0 then
                local v = prepared.hash[at + 1]
                a, b, c, d = bxor(a, v[1]), bxor(b, v[2]), bxor(c, v[3]), bxor(d, v[4])
            end
        end
    end
    local sum = (word_bytes(d) .. word_bytes(c) .. word_bytes(b) .. word_bytes(a)):reverse()
    return xor_bytes(sum, aes_block(prepared.keys, nonce .. "\0\0\0\1"))
end

-- BLAKE2b (RFC 7693) of one block, for the key of the next phase: KDF(key, 9). Words of 64 bits are
-- pairs of 32, low first. ---------------------------------------------------------------------------

local iv = {
    0xf3bcc908, 0x6a09e667, 0x84caa73b, 0xbb67ae85, 0xfe94f82b, 0x3c6ef372, 0x5f1d36f1, 0xa54ff53a,
    0xade682d1, 0x510e527f, 0x2b3e6c1f, 0x9b05688c, 0xfb41bd6b, 0x1f83d9ab, 0x137e2179, 0x5be0cd19,
}
local sigma = {
    { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 },
    { 14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3 },
    { 11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4 },
    { 7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8 },
    { 9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13 },
    { 2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9 },
    { 12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11 },
    { 13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10 },
    { 6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5 },
    { 10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0 },
}

local function add64(v, a, low, high)
    local sum = v[a] % 4294967296 + low % 4294967296
    v[a] = tobit(sum)
    v[a + 1] = tobit(v[a + 1] + high + (sum >= 4294967296 and 1 or 0))
end

local function turn64(v, d, a, count)
    local low, high = bxor(v[d], v[a]), bxor(v[d + 1], v[a + 1])
    if count >= 32 then low, high, count = high, low, count - 32 end
    if count > 0 then
        low, high = bor(rshift(low, count), lshift(high, 32 - count)),
            bor(rshift(high, count), lshift(low, 32 - count))
    end
    v[d], v[d + 1] = low, high
end

local function mix(v, m, a, b, c, d, x, y)
    a, b, c, d, x, y = a * 2 + 1, b * 2 + 1, c * 2 + 1, d * 2 + 1, x * 2 + 1, y * 2 + 1
    add64(v, a, v[b], v[b + 1]); add64(v, a, m[x], m[x + 1]); turn64(v, d, a, 32)
    add64(v, c, v[d], v[d + 1]); turn64(v, b, c, 24)
    add64(v, a, v[b], v[b + 1]); add64(v, a, m[y], m[y + 1]); turn64(v, d, a, 16)
    add64(v, c, v[d], v[d + 1]); turn64(v, b, c, 63)
end

local function next_key(key)
    local h, v, m = {}, {}, {}
    for at = 1, 16 do h[at] = tobit(iv[at]) end
    -- Digest and key of 32 bytes, fan-out and depth 1; salt 9; personalisation "cairn v1".
    h[1] = bxor(h[1], 0x01012020)
    h[9] = bxor(h[9], 9)
    h[13], h[14] = bxor(h[13], word("cair", 1)), bxor(h[14], word("n v1", 1))
    for at = 1, 16 do v[at], v[at + 16] = h[at], tobit(iv[at]) end
    v[25] = bxor(v[25], 128)
    v[29], v[30] = bit.bnot(v[29]), bit.bnot(v[30])
    for at = 1, 32 do m[at] = at <= 8 and word(key, at * 4 - 3) or 0 end
    for round = 0, 11 do
        local s = sigma[round % 10 + 1]
        mix(v, m, 0, 4, 8, 12, s[1], s[2]); mix(v, m, 1, 5, 9, 13, s[3], s[4])
        mix(v, m, 2, 6, 10, 14, s[5], s[6]); mix(v, m, 3, 7, 11, 15, s[7], s[8])
        mix(v, m, 0, 5, 10, 15, s[9], s[10]); mix(v, m, 1, 6, 11, 12, s[11], s[12])
        mix(v, m, 2, 7, 8, 13, s[13], s[14]); mix(v, m, 3, 4, 9, 14, s[15], s[16])
    end
    local out = {}
    for at = 1, 8 do out[at] = word_bytes(bxor(h[at], v[at], v[at + 16])) end
    return table.concat(out)
end

-- A direction's key made ready for a cipher of the standard, 0 or 1.
local function prepare(cipher, key)
    if cipher == 0 then return { key = key } end
    local keys = expand(key)
    return { keys = keys, hash = ghash_table(aes_block(keys, ("\0"):rep(16))) }
end

-- The frames of a packet; nil when its tag does not hold.
local function open(prepared, number, head, sealed, tag)
    local nonce = number_bytes(number) .. "\0\0\0\0"
    if prepared.key then
        if chacha_tag(prepared.key, nonce, head, sealed) ~= tag then return nil end
        return chacha_decrypt(prepared.key, nonce, sealed)
    end
    if gcm_tag(prepared, nonce, head, sealed) ~= tag then return nil end
    return aes_decrypt(prepared.keys, nonce, sealed)
end

return { prepare = prepare, open = open, next_key = next_key }
