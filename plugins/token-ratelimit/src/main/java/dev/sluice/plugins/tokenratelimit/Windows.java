package dev.sluice.plugins.tokenratelimit;

import dev.sluice.api.Script;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The one atomic decision of all limits: gives back, charges and reserves under several keys at once, all or nothing.
 *
 * <p>Each key holds what was used and what is reserved, as {@code u<start>:<amount>} and {@code r<end>:<amount>}, both in
 * milliseconds and joined by commas. What was used leaves with its window, what is reserved at its end, whoever may have
 * died meanwhile. Amounts that a clock set back has left in the future count as of now, so that a window always ends.
 *
 * <p>A last key beyond those of the limits says that this change is done, and its time to live in ms is the last argument:
 * where it is there already, the change was made before and its answer lost, and nothing is made again.
 *
 * <p>Arguments, {@value #FIELDS} for each key: algorithm, limit, window in ms, capacity, kind of check, time to live of a
 * reservation in ms, amount to charge, reserved amount to give back, the end of that reservation, amount to reserve, amount
 * to charge if all is granted, amount that must fit beside that one. Answers {@code 1} or {@code 0} (nothing was reserved), and for each key: used, reserved,
 * time in ms until all that was used has left, time until what was asked fits if all that is reserved is given back, the end of the new reservation, whether
 * this key was the one that refused.
 */
final class Windows {
    static final int FIELDS = 12;
    static final int ANSWERS = 6;

    /** How many parts of a sliding window leave one by one. */
    private static final int PARTS = 10;
    /** How many ends the reservations of one time to live share. */
    private static final int ENDS = 4;

    static final Script SCRIPT = Script.of("limits", 1, """
            local now = tonumber(ARGV[#ARGV])
            local n = function(x) return string.format('%.0f', x) end
            local states, out, granted = {}, {}, true
            local limits, isDone = math.floor((#ARGV - 1) / 12), false
            if #KEYS > limits then isDone = redis.call('GET', KEYS[#KEYS]) ~= false end
            for i = 1, limits do
              local o = (i - 1) * 12
              local s = { algorithm = ARGV[o + 1], limit = tonumber(ARGV[o + 2]), window = tonumber(ARGV[o + 3]),
                capacity = tonumber(ARGV[o + 4]), check = ARGV[o + 5], ttl = tonumber(ARGV[o + 6]),
                charge = tonumber(ARGV[o + 7]), back = tonumber(ARGV[o + 8]), backEnd = tonumber(ARGV[o + 9]),
                want = tonumber(ARGV[o + 10]), take = tonumber(ARGV[o + 11]), ask = tonumber(ARGV[o + 12]), used = {}, reserved = {} }
              if isDone then s.charge, s.back, s.want, s.take, s.ask = 0, 0, 0, 0, 0 end
              local part = math.max(1, math.floor(s.window / 10))
              local step = math.max(1, math.floor(s.ttl / 4))
              local lastEnd = math.ceil((now + s.ttl) / step) * step
              local first = now
              if s.algorithm == 's' then first = math.floor(now / part) * part end
              for kind, at, amount in string.gmatch(redis.call('GET', KEYS[i]) or '', '(%a)(%d+):(%d+)') do
                at = tonumber(at)
                amount = tonumber(amount)
                if kind == 'r' then
                  at = math.min(at, lastEnd)
                  if at > now then s.reserved[at] = (s.reserved[at] or 0) + amount end
                else
                  at = math.min(at, first)
                  if s.algorithm == 'b' then
                    local leaked = math.floor((now - at) * s.limit / s.window)
                    if leaked >= amount then
                      amount = 0
                    elseif leaked > 0 then
                      amount = amount - leaked
                      at = math.min(now, at + math.ceil(leaked * s.window / s.limit))
                    end
                  elseif s.algorithm == 's' then
                    if at + part + s.window <= now then amount = 0 end
                  elseif at + s.window <= now then
                    amount = 0
                  end
                  if amount > 0 then s.used[at] = (s.used[at] or 0) + amount end
                end
              end
              if s.back > 0 and s.reserved[s.backEnd] then
                s.reserved[s.backEnd] = s.reserved[s.backEnd] - s.back
                if s.reserved[s.backEnd] <= 0 then s.reserved[s.backEnd] = nil end
              end
              s.add = function(amount)
                if amount > 0 then
                  local at = first
                  if s.algorithm ~= 's' then for start in pairs(s.used) do at = start end end
                  s.used[at] = (s.used[at] or 0) + amount
                end
                local starts = {}
                for start in pairs(s.used) do starts[#starts + 1] = start end
                table.sort(starts)
                for j = #starts, 1, -1 do
                  if amount < 0 then
                    local less = math.min(-amount, s.used[starts[j]])
                    s.used[starts[j]] = s.used[starts[j]] - less
                    amount = amount + less
                    if s.used[starts[j]] == 0 then s.used[starts[j]] = nil end
                  end
                end
              end
              s.add(s.charge)
              local used, reserved = 0, 0
              for _, amount in pairs(s.used) do used = used + amount end
              for _, amount in pairs(s.reserved) do reserved = reserved + amount end
              local asked = s.ask + s.take
              s.fits = true
              if s.check == 'over' then
                s.fits = used <= s.capacity
              elseif s.check ~= 'none' and asked > 0 then
                s.fits = used + reserved + asked <= s.capacity or (s.check == 'once' and used + reserved == 0)
              end
              granted = granted and s.fits
              s.sum, s.held, s.asked, s.lastEnd, s.part, s.first =
                used, reserved, asked, lastEnd, part, first
              states[i] = s
            end
            out[1] = granted and '1' or '0'
            for i = 1, limits do
              local s = states[i]
              local starts, reset, wait = {}, 0, 0
              for start in pairs(s.used) do starts[#starts + 1] = start end
              table.sort(starts)
              local over = s.sum + s.asked - s.capacity
              if s.check == 'over' then over = s.sum - s.capacity end
              for _, start in ipairs(starts) do
                local gone = start + s.window
                if s.algorithm == 's' then gone = gone + s.part end
                if s.algorithm == 'b' then gone = start + math.ceil(s.used[start] * s.window / s.limit) end
                reset = math.max(reset, gone - now)
                if s.algorithm == 'b' then
                  if over > 0 then wait = math.min(reset, math.max(0, start + math.ceil(over * s.window / s.limit) - now)) end
                elseif over > 0 then
                  over = over - s.used[start]
                  wait = gone - now
                end
              end
              if granted then
                if s.want > 0 then
                  s.reserved[s.lastEnd] = (s.reserved[s.lastEnd] or 0) + s.want
                  s.held = s.held + s.want
                end
                s.add(s.take)
                s.sum = s.sum + math.max(s.take, 0)
                if s.take > 0 and reset == 0 then
                  reset = s.first + s.window - now
                  if s.algorithm == 's' then reset = reset + s.part end
                  if s.algorithm == 'b' then reset = math.ceil(s.take * s.window / s.limit) end
                end
              end
              local parts, life, keys = {}, 0, {}
              for start in pairs(s.used) do keys[#keys + 1] = start end
              table.sort(keys)
              for _, start in ipairs(keys) do
                parts[#parts + 1] = 'u' .. n(start) .. ':' .. n(s.used[start])
                local gone = start + s.window + s.part
                if s.algorithm == 'b' then gone = start + math.ceil(s.used[start] * s.window / s.limit) end
                life = math.max(life, gone - now)
              end
              keys = {}
              for e in pairs(s.reserved) do keys[#keys + 1] = e end
              table.sort(keys)
              for _, e in ipairs(keys) do
                parts[#parts + 1] = 'r' .. n(e) .. ':' .. n(s.reserved[e])
                life = math.max(life, e - now)
              end
              if #parts == 0 then
                redis.call('DEL', KEYS[i])
              else
                redis.call('SET', KEYS[i], table.concat(parts, ','), 'PX', n(math.max(1, life)))
              end
              out[#out + 1] = n(s.sum)
              out[#out + 1] = n(s.held)
              out[#out + 1] = n(reset)
              out[#out + 1] = n(wait)
              out[#out + 1] = n(s.lastEnd)
              out[#out + 1] = s.fits and '0' or '1'
            end
            if #KEYS > limits and not isDone then redis.call('SET', KEYS[#KEYS], '1', 'PX', ARGV[#ARGV - 1]) end
            return out
            """, Windows::run);

    private Windows() {}

    private static List<String> run(Script.Store store, List<String> keys, List<String> args) {
        List<State> states = new ArrayList<>();
        boolean granted = true;
        int limits = args.size() / FIELDS;
        boolean isDone = keys.size() > limits && store.get(keys.get(limits)) != null;
        for (int i = 0; i < limits; i++) {
            State state = new State(args.subList(i * FIELDS, (i + 1) * FIELDS), store.now(), isDone);
            state.read(store.get(keys.get(i)));
            state.giveBack();
            state.add(state.charge);
            granted &= state.check();
            states.add(state);
        }
        List<String> out = new ArrayList<>();
        out.add(granted ? "1" : "0");
        for (int i = 0; i < limits; i++) {
            State state = states.get(i);
            state.look();
            if (granted) {
                state.take();
            }
            String text = state.text();
            if (text.isEmpty()) {
                store.del(keys.get(i));
            } else {
                store.set(keys.get(i), text, Duration.ofMillis(state.life()));
            }
            state.answer(out);
        }
        if (keys.size() > limits && !isDone) {
            store.set(keys.get(limits), "1", Duration.ofMillis(Long.parseLong(args.get(args.size() - 1))));
        }
        return out;
    }

    /** What stands under one key. Numbers are doubles, as Lua's are: both forms round alike. */
    private static final class State {
        private final String algorithm;
        private final double limit;
        private final double window;
        private final double capacity;
        private final String check;
        private final double charge;
        private final double back;
        private final double backEnd;
        private final double want;
        private final double take;
        private final double ask;
        private final double now;
        private final double part;
        private final double first;
        private final double lastEnd;
        private final TreeMap<Double, Double> used = new TreeMap<>();
        private final TreeMap<Double, Double> reserved = new TreeMap<>();
        private double sum;
        private double held;
        private double reset;
        private double wait;
        private boolean fits = true;

        State(List<String> args, long now, boolean isDone) {
            this.algorithm = args.get(0);
            this.limit = number(args, 1);
            this.window = number(args, 2);
            this.capacity = number(args, 3);
            this.check = args.get(4);
            double ttl = number(args, 5);
            this.charge = isDone ? 0 : number(args, 6);
            this.back = isDone ? 0 : number(args, 7);
            this.backEnd = number(args, 8);
            this.want = isDone ? 0 : number(args, 9);
            this.take = isDone ? 0 : number(args, 10);
            this.ask = isDone ? 0 : number(args, 11);
            this.now = now;
            this.part = Math.max(1, Math.floor(window / PARTS));
            this.first = isSliding() ? Math.floor(this.now / part) * part : this.now;
            double step = Math.max(1, Math.floor(ttl / ENDS));
            this.lastEnd = Math.ceil((this.now + ttl) / step) * step;
        }

        private static double number(List<String> args, int index) {
            return Double.parseDouble(args.get(index));
        }

        private boolean isSliding() {
            return algorithm.equals("s");
        }

        private boolean isBucket() {
            return algorithm.equals("b");
        }

        void read(@Nullable String text) {
            if (text == null) {
                return;
            }
            for (String entry : text.split(",", -1)) {
                int colon = entry.indexOf(':');
                double at = Double.parseDouble(entry.substring(1, colon));
                double amount = Double.parseDouble(entry.substring(colon + 1));
                if (entry.charAt(0) == 'r') {
                    at = Math.min(at, lastEnd);
                    if (at > now) {
                        reserved.merge(at, amount, Double::sum);
                    }
                } else {
                    readUsed(Math.min(at, first), amount);
                }
            }
        }

        private void readUsed(double start, double amount) {
            double at = start;
            double left = amount;
            if (isBucket()) {
                double leaked = Math.floor((now - at) * limit / window);
                if (leaked >= left) {
                    left = 0;
                } else if (leaked > 0) {
                    left -= leaked;
                    at = Math.min(now, at + Math.ceil(leaked * window / limit));
                }
            } else if (at + window + (isSliding() ? part : 0) <= now) {
                left = 0;
            }
            if (left > 0) {
                used.merge(at, left, Double::sum);
            }
        }

        void giveBack() {
            if (back > 0 && reserved.containsKey(backEnd)) {
                reserved.computeIfPresent(backEnd, (end, amount) -> amount - back <= 0 ? null : amount - back);
            }
        }

        void add(double amount) {
            if (amount > 0) {
                double at = isSliding() || used.isEmpty() ? first : used.lastKey();
                used.merge(at, amount, Double::sum);
            }
            double left = amount;
            while (left < 0 && !used.isEmpty()) {
                Map.Entry<Double, Double> newest = used.lastEntry();
                double less = Math.min(-left, newest.getValue());
                left += less;
                if (newest.getValue() - less == 0) {
                    used.remove(newest.getKey());
                } else {
                    used.put(newest.getKey(), newest.getValue() - less);
                }
            }
        }

        boolean check() {
            sum = used.values().stream().mapToDouble(Double::doubleValue).sum();
            held = reserved.values().stream().mapToDouble(Double::doubleValue).sum();
            if (check.equals("over")) {
                fits = sum <= capacity;
            } else if (!check.equals("none") && ask + take > 0) {
                fits = sum + held + ask + take <= capacity || (check.equals("once") && sum + held == 0);
            }
            return fits;
        }

        /** When what was used leaves, and when enough of it has left. */
        void look() {
            double over = check.equals("over") ? sum - capacity : sum + ask + take - capacity;
            for (Map.Entry<Double, Double> entry : used.entrySet()) {
                double gone = gone(entry, isSliding());
                reset = Math.max(reset, gone - now);
                if (isBucket()) {
                    if (over > 0) {
                        wait = Math.min(reset, Math.max(0, entry.getKey() + Math.ceil(over * window / limit) - now));
                    }
                } else if (over > 0) {
                    over -= entry.getValue();
                    wait = gone - now;
                }
            }
        }

        private double gone(Map.Entry<Double, Double> entry, boolean withPart) {
            return isBucket()
                    ? entry.getKey() + Math.ceil(entry.getValue() * window / limit)
                    : entry.getKey() + window + (withPart ? part : 0);
        }

        void take() {
            if (want > 0) {
                reserved.merge(lastEnd, want, Double::sum);
                held += want;
            }
            add(take);
            sum += Math.max(take, 0);
            if (take > 0 && reset == 0) {
                reset = isBucket() ? Math.ceil(take * window / limit) : first + window + (isSliding() ? part : 0) - now;
            }
        }

        String text() {
            List<String> parts = new ArrayList<>();
            used.forEach((start, amount) -> parts.add("u" + whole(start) + ":" + whole(amount)));
            reserved.forEach((end, amount) -> parts.add("r" + whole(end) + ":" + whole(amount)));
            return String.join(",", parts);
        }

        long life() {
            double life = reserved.isEmpty() ? 0 : reserved.lastKey() - now;
            for (Map.Entry<Double, Double> entry : used.entrySet()) {
                life = Math.max(life, gone(entry, true) - now);
            }
            return (long) Math.max(1, life);
        }

        void answer(List<String> out) {
            out.add(whole(sum));
            out.add(whole(held));
            out.add(whole(reset));
            out.add(whole(wait));
            out.add(whole(lastEnd));
            out.add(fits ? "0" : "1");
        }

        private static String whole(double number) {
            return Long.toString((long) number);
        }
    }
}
