package io.pykraken.consumer;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Words of a command line: `--name value` pairs and the rest. */
final class Arguments {

    private final Map<String, String> named = new HashMap<>();
    private final List<String> rest = new ArrayList<>();

    Arguments(List<String> words) {
        for (int at = 0; at < words.size(); at++) {
            if (words.get(at).startsWith("--")) {
                if (at + 1 == words.size()) {
                    throw new IllegalArgumentException(words.get(at) + " needs a value");
                }
                named.put(words.get(at).substring(2), words.get(++at));
            } else {
                rest.add(words.get(at));
            }
        }
    }

    String named(String name) {
        return named.get(name);
    }

    String need(String name) {
        if (!named.containsKey(name)) {
            throw new IllegalArgumentException("--" + name + " is missing");
        }
        return named.get(name);
    }

    List<String> rest() {
        return rest;
    }
}
