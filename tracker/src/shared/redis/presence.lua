-- The table of who is online. Every call is one run of this script; ARGV[1] is the prefix, ARGV[2] the call.
--
--   PREFIX:runs            sorted set: run -> when it announced
--   PREFIX:run:RUN         hash: peer, account, seed ("1" or "0"), since (when it announced first), body (what others are told), held
--                          ("KEY PIECES" a line), holdings
--   PREFIX:peer:PEER       set of the runs of a peer
--   PREFIX:account:NAME    set of the runs of an account or seed
--   PREFIX:friends, :seeds sets of peers
--   PREFIX:holdings        number of lines of all runs
--   PREFIX:held:KEY        sorted set: "RUN ACCOUNT" -> pieces; a KEY is a blob and a group of its holders
local prefix, call = ARGV[1] .. ':', ARGV[2]
local runs, holdings = prefix .. 'runs', prefix .. 'holdings'

-- The run and the account of an entry of the index.
local function parts(entry) return string.match(entry, '^([^ ]+) (.+)$') end

-- When the runs of some entries that come with their pieces announced; false for one that is gone.
local function announced(entries)
    local names = {}
    for i = 1, #entries, 2 do names[#names + 1] = parts(entries[i]) end
    return names[1] and redis.call('ZMSCORE', runs, unpack(names)) or {}
end

local function held(text, each)
    for key, pieces in string.gmatch(text, '([^ \n]+) (%d+)') do each(prefix .. 'held:' .. key, pieces) end
end

local function remove(run)
    local key = prefix .. 'run:' .. run
    local known = redis.call('HMGET', key, 'peer', 'account', 'held', 'holdings')
    redis.call('ZREM', runs, run)
    if not known[1] then return 0 end
    held(known[3], function(index) redis.call('ZREM', index, run .. ' ' .. known[2]) end)
    local of_peer = prefix .. 'peer:' .. known[1]
    redis.call('SREM', of_peer, run)
    if redis.call('EXISTS', of_peer) == 0 then
        redis.call('SREM', prefix .. 'friends', known[1])
        redis.call('SREM', prefix .. 'seeds', known[1])
    end
    redis.call('SREM', prefix .. 'account:' .. known[2], run)
    redis.call('DECRBY', holdings, known[4])
    redis.call('DEL', key)
    return tonumber(known[4])
end

-- Lets runs go that announced at `gone` or before, for about so many steps. Whether there may be more.
local function expire(gone, steps)
    while steps > 0 do
        local run = redis.call('ZRANGEBYSCORE', runs, '-inf', gone, 'LIMIT', 0, 1)[1]
        if not run then return 0 end
        steps = steps - 1 - remove(run)
    end
    return 1
end

if call == 'announce' then
    local at, gone, run, peer, account, seed, body, text, n =
        ARGV[3], ARGV[4], ARGV[5], ARGV[6], ARGV[7], ARGV[8], ARGV[9], ARGV[10], tonumber(ARGV[11])
    local max_runs, max_holdings, max_of_peer = tonumber(ARGV[12]), tonumber(ARGV[13]), tonumber(ARGV[14])
    expire(gone, 64)
    local key = prefix .. 'run:' .. run
    local before = redis.call('HMGET', key, 'account', 'held', 'seed', 'since')
    if before[1] == account and before[2] == text and before[3] == seed then
        redis.call('HSET', key, 'body', body)
        redis.call('ZADD', runs, at, run)
        return 1
    end
    if before[1] then remove(run) end
    local of_peer = prefix .. 'peer:' .. peer
    local others = redis.call('SMEMBERS', of_peer)
    if #others >= max_of_peer then
        local scores = redis.call('ZMSCORE', runs, unpack(others))
        local oldest = 1
        for i = 2, #others do
            if tonumber(scores[i] or 0) < tonumber(scores[oldest] or 0) then oldest = i end
        end
        remove(others[oldest])
    end
    local function is_full()
        return redis.call('ZCARD', runs) >= max_runs
            or tonumber(redis.call('GET', holdings) or 0) + n > max_holdings
    end
    if is_full() then expire(gone, 4096) end
    if is_full() then return 0 end
    local since = before[1] == account and before[4] or at
    redis.call('HSET', key, 'peer', peer, 'account', account, 'seed', seed, 'since', since, 'body', body, 'held', text, 'holdings', n)
    redis.call('ZADD', runs, at, run)
    redis.call('SADD', of_peer, run)
    redis.call('SADD', prefix .. (seed == '1' and 'seeds' or 'friends'), peer)
    redis.call('SADD', prefix .. 'account:' .. account, run)
    redis.call('INCRBY', holdings, n)
    held(text, function(index, pieces) redis.call('ZADD', index, pieces, run .. ' ' .. account) end)
    return 1
elseif call == 'leave' then
    return remove(ARGV[3])
elseif call == 'drop' then
    for _, run in ipairs(redis.call('SMEMBERS', prefix .. 'account:' .. ARGV[3])) do remove(run) end
    return 0
elseif call == 'purge' then
    return expire(ARGV[3], 4096)
elseif call == 'holders' then
    -- The bodies of holders under some keys, of each key those with the most pieces first, and how many pieces each has, in turn.
    local gone, most, most_of_account, looks = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
    local told, is_told = {}, {}
    for n = 7, #ARGV do
        local count, of_account, from = 0, {}, 0
        while from < looks and count < most do
            local chunk = redis.call('ZREVRANGE', prefix .. 'held:' .. ARGV[n], from, from + 255, 'WITHSCORES')
            if #chunk == 0 then break end
            local at = announced(chunk)
            for i = 1, #chunk, 2 do
                local announce = at[(i + 1) / 2]
                local run, account = parts(chunk[i])
                if announce and tonumber(announce) > gone and (of_account[account] or 0) < most_of_account and count < most then
                    count, of_account[account] = count + 1, (of_account[account] or 0) + 1
                    -- One that may be told to anybody stands under two keys.
                    local body = not is_told[run] and redis.call('HGET', prefix .. 'run:' .. run, 'body')
                    if body then
                        is_told[run] = true
                        told[#told + 1] = body
                        told[#told + 1] = chunk[i + 1]
                    end
                end
            end
            from = from + 256
        end
    end
    return told
elseif call == 'present' then
    -- The runs under some keys that are numbered from 0: of each run its body, since, when it announced, and "NUMBER PIECES" a line.
    local gone, looks = tonumber(ARGV[3]), tonumber(ARGV[4])
    local of_run, order = {}, {}
    for n = 5, #ARGV do
        local entries = redis.call('ZREVRANGE', prefix .. 'held:' .. ARGV[n], 0, looks - 1, 'WITHSCORES')
        for i = 1, #entries, 2 do
            local run = parts(entries[i])
            if not of_run[run] then
                of_run[run] = {}
                order[#order + 1] = run
            end
            table.insert(of_run[run], (n - 5) .. ' ' .. entries[i + 1])
        end
    end
    local told = {}
    for _, run in ipairs(order) do
        local at = redis.call('ZSCORE', runs, run)
        if at and tonumber(at) > gone then
            local known = redis.call('HMGET', prefix .. 'run:' .. run, 'body', 'since')
            if known[1] then
                told[#told + 1] = { known[1], known[2] or at, at, table.concat(of_run[run], '\n') }
            end
        end
    end
    return told
elseif call == 'copies' then
    -- Pieces that the holders of one key have, each at most `all`, and how many holders that are.
    local index, gone, all = prefix .. 'held:' .. ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[5])
    local pieces, holders, from, more = 0, 0, 0, true
    while more do
        local chunk = redis.call('ZREVRANGE', index, from, from + 255, 'WITHSCORES')
        more = #chunk == 512
        local at = announced(chunk)
        for i = 1, #chunk, 2 do
            local announce, has = at[(i + 1) / 2], tonumber(chunk[i + 1])
            -- From here on nobody has any.
            if has < 1 then
                more = false
                break
            end
            if announce and tonumber(announce) > gone then
                pieces, holders = pieces + math.min(all, has), holders + 1
            end
        end
        from = from + 256
    end
    return { pieces, holders }
elseif call == 'online' then
    return { redis.call('SCARD', prefix .. 'friends'), redis.call('SCARD', prefix .. 'seeds') }
end
return redis.error_reply('no such call')
