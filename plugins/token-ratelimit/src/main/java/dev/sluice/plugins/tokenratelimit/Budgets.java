package dev.sluice.plugins.tokenratelimit;

import dev.sluice.api.Script;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The one atomic decision of a budget: gives back, charges, changes and reserves under one key.
 *
 * <p>The key holds what was used, what administrators have added (or taken away), and what is reserved, as
 * {@code u:<amount>}, {@code a:<amount>} and {@code r<end>:<amount>}, joined by commas. What is reserved ends at its end,
 * whoever may have died meanwhile. The key lives for a while after its period, for those who settle late.
 *
 * <p>A second key says that this change is done, and its time to live in ms is the last argument: where it is there
 * already, the change was made before and its answer lost, and nothing is made again.
 *
 * <p>Arguments: the amount by the config, the end of the period (0: it has none), time to live of a reservation in ms, what
 * is asked, amount to charge, reserved amount to give back, the end of that reservation, amount to reserve, amount that must
 * fit. Asked is {@code strict} (there must be as much), {@code left} (there must be something), {@code none}, {@code set}
 * (so much shall be left) or {@code add}. Answers {@code 1} or {@code 0} (nothing was reserved), and what {@link Windows}
 * answers, but in place of the time until what was asked fits the amount that there is.
 */
final class Budgets {
    /** For how long a budget is known that never ends. */
    private static final long FOR_GOOD = Duration.ofDays(36_500).toMillis();
    /** For how long one is known after its end. */
    private static final long LATE = Duration.ofDays(2).toMillis();

    private static final int ENDS = 4;
    private static final int FIELDS = 9;

    static final Script SCRIPT = Script.of("budgets", 1, """
            local now = tonumber(ARGV[#ARGV])
            local n = function(x) return string.format('%.0f', x) end
            local base, ends, ttl, check = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4]
            local charge, back, backEnd, want = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8])
            local ask = tonumber(ARGV[9])
            if KEYS[2] then
              if redis.call('GET', KEYS[2]) then
                charge, back, want, ask = 0, 0, 0, 0
                if check == 'set' or check == 'add' then check = 'none' end
              else
                redis.call('SET', KEYS[2], '1', 'PX', ARGV[10])
              end
            end
            local step = math.max(1, math.floor(ttl / 4))
            local lastEnd = math.ceil((now + ttl) / step) * step
            local used, added, held, reserved = 0, 0, 0, {}
            for kind, at, amount in string.gmatch(redis.call('GET', KEYS[1]) or '', '(%a)(%d*):(-?%d+)') do
              amount = tonumber(amount)
              if kind == 'u' then used = amount
              elseif kind == 'a' then added = amount
              else
                at = math.min(tonumber(at), lastEnd)
                if at > now then reserved[at] = (reserved[at] or 0) + amount end
              end
            end
            if back > 0 and reserved[backEnd] then
              reserved[backEnd] = reserved[backEnd] - back
              if reserved[backEnd] <= 0 then reserved[backEnd] = nil end
            end
            used = math.max(0, used + charge)
            if check == 'set' then added = want + used - base end
            if check == 'add' then added = added + want end
            if check == 'set' or check == 'add' then want = 0 end
            for _, amount in pairs(reserved) do held = held + amount end
            local left = base + added - used - held
            local fits = true
            if check == 'strict' then fits = left > 0 and left >= ask end
            if check == 'left' then fits = left > 0 end
            if fits and want > 0 then
              reserved[lastEnd] = (reserved[lastEnd] or 0) + want
              held = held + want
            end
            local parts, keys = {}, {}
            if used ~= 0 then parts[1] = 'u:' .. n(used) end
            if added ~= 0 then parts[#parts + 1] = 'a:' .. n(added) end
            for e in pairs(reserved) do keys[#keys + 1] = e end
            table.sort(keys)
            for _, e in ipairs(keys) do parts[#parts + 1] = 'r' .. n(e) .. ':' .. n(reserved[e]) end
            local life, reset = 3153600000000, 0
            if ends > 0 then
              life = math.max(0, ends - now) + 172800000
              reset = math.max(0, ends - now)
            end
            if #parts == 0 then
              redis.call('DEL', KEYS[1])
            else
              redis.call('SET', KEYS[1], table.concat(parts, ','), 'PX', n(life))
            end
            return { fits and '1' or '0', n(used), n(held), n(reset), n(base + added), n(lastEnd), fits and '0' or '1' }
            """, Budgets::run);

    private Budgets() {}

    private static List<String> run(Script.Store store, List<String> keys, List<String> args) {
        String key = keys.get(0);
        boolean isDone = false;
        if (keys.size() > 1) {
            isDone = store.get(keys.get(1)) != null;
            if (!isDone) {
                store.set(keys.get(1), "1", Duration.ofMillis(Long.parseLong(args.get(FIELDS))));
            }
        }
        Held held = new Held(store.get(key), args, store.now(), isDone);
        boolean fits = held.decide();
        String text = held.text();
        if (text.isEmpty()) {
            store.del(key);
        } else {
            store.set(key, text, Duration.ofMillis(held.life()));
        }
        return held.answer(fits);
    }

    /** What stands under the key. */
    private static final class Held {
        private final long now;
        private final long base;
        private final long ends;
        private final String check;
        private final long want;
        private final long ask;
        private final long lastEnd;
        private final TreeMap<Long, Long> reserved = new TreeMap<>();
        private long used;
        private long added;

        Held(@Nullable String text, List<String> args, long now, boolean isDone) {
            this.now = now;
            this.base = number(args, 0);
            this.ends = number(args, 1);
            long ttl = number(args, 2);
            boolean changes = args.get(3).equals("set") || args.get(3).equals("add");
            this.check = isDone && changes ? "none" : args.get(3);
            this.want = isDone ? 0 : number(args, 7);
            this.ask = isDone ? 0 : number(args, 8);
            long step = Math.max(1, ttl / ENDS);
            this.lastEnd = -Math.floorDiv(-(now + ttl), step) * step;
            if (text != null) {
                read(text);
            }
            long back = isDone ? 0 : number(args, 5);
            if (back > 0) {
                reserved.computeIfPresent(number(args, 6), (end, amount) -> amount - back <= 0 ? null : amount - back);
            }
            used = Math.max(0, used + (isDone ? 0 : number(args, 4)));
        }

        private static long number(List<String> args, int index) {
            return Long.parseLong(args.get(index));
        }

        private void read(String text) {
            for (String entry : text.split(",", -1)) {
                int colon = entry.indexOf(':');
                long amount = Long.parseLong(entry.substring(colon + 1));
                switch (entry.charAt(0)) {
                    case 'u' -> used = amount;
                    case 'a' -> added = amount;
                    default -> {
                        long end = Math.min(Long.parseLong(entry.substring(1, colon)), lastEnd);
                        if (end > now) {
                            reserved.merge(end, amount, Long::sum);
                        }
                    }
                }
            }
        }

        boolean decide() {
            long asked = want;
            switch (check) {
                case "set" -> {
                    added = want + used - base;
                    asked = 0;
                }
                case "add" -> {
                    added += want;
                    asked = 0;
                }
                default -> {}
            }
            long left = base + added - used - held();
            boolean fits = switch (check) {
                case "strict" -> left > 0 && left >= ask;
                case "left" -> left > 0;
                default -> true;
            };
            if (fits && asked > 0) {
                reserved.merge(lastEnd, asked, Long::sum);
            }
            return fits;
        }

        private long held() {
            return reserved.values().stream().mapToLong(Long::longValue).sum();
        }

        String text() {
            List<String> parts = new ArrayList<>();
            if (used != 0) {
                parts.add("u:" + used);
            }
            if (added != 0) {
                parts.add("a:" + added);
            }
            for (Map.Entry<Long, Long> one : reserved.entrySet()) {
                parts.add("r" + one.getKey() + ":" + one.getValue());
            }
            return String.join(",", parts);
        }

        long life() {
            return ends == 0 ? FOR_GOOD : Math.max(0, ends - now) + LATE;
        }

        List<String> answer(boolean fits) {
            List<String> answer = new ArrayList<>();
            answer.add(fits ? "1" : "0");
            for (long number :
                    new long[] {used, held(), ends == 0 ? 0 : Math.max(0, ends - now), base + added, lastEnd}) {
                answer.add(Long.toString(number));
            }
            answer.add(fits ? "0" : "1");
            return answer;
        }
    }
}
