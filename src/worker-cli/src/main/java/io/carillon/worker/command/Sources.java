package io.carillon.worker.command;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine.IDefaultValueProvider;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * Where a value comes from that is not on the command line: the environment first, then the file. Knows the source of each, so
 * that a wrong value can be found.
 *
 * <p>The file is YAML: its keys are the names of the common flags; a section with a command's name has that command's own, and
 * the section {@code recovery}, there or at the top, has runqy's names for restarts. {@code ${VAR}} and {@code ${VAR:-default}}
 * in it are replaced from the environment.
 */
final class Sources implements IDefaultValueProvider {
    private static final Map<String, String> NAMED = Map.of("server", "CARILLON_URL", "key", "CARILLON_KEY");
    private static final String PREFIX = "CARILLON_WORKER_";
    private static final Pattern VARIABLE = Pattern.compile("\\$\\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\\}");
    private static final String RECOVERY = "recovery";
    /** The same values under the names of runqy, contract 5.2: key of the section, variable. */
    private static final Map<String, List<String>> OF_RUNQY = Map.of(
            "restart", List.of("enabled", "RUNQY_RECOVERY_ENABLED"),
            "restart-max", List.of("max_restarts", "RUNQY_RECOVERY_MAX_RESTARTS"),
            "restart-delay", List.of("initial_delay", "RUNQY_RECOVERY_INITIAL_DELAY"),
            "restart-max-delay", List.of("max_delay", "RUNQY_RECOVERY_MAX_DELAY"),
            "restart-factor", List.of("backoff_factor"),
            "restart-cooldown", List.of("cooldown_period", "RUNQY_RECOVERY_COOLDOWN"));

    private final Map<String, String> environment;
    private final Path file;
    private final JsonNode root;
    private final Map<String, Integer> lines;

    private Sources(Map<String, String> environment, Path file, JsonNode root, Map<String, Integer> lines) {
        this.environment = environment;
        this.file = file;
        this.root = root;
        this.lines = lines;
    }

    /** A value and where it is from, in words. */
    private record Found(String value, String source) {}

    /**
     * @param file null for none
     * @throws Wrong when the file cannot be read or is no such file
     */
    static Sources of(Map<String, String> environment, Path file) {
        if (file == null) {
            return new Sources(environment, null, null, Map.of());
        }
        try {
            String text = expanded(Files.readString(file, StandardCharsets.UTF_8), environment);
            YAMLMapper yaml = YAMLMapper.builder()
                    .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
                    .build();
            JsonNode root = yaml.readTree(text);
            if (root != null && !root.isObject() && !root.isMissingNode() && !root.isNull()) {
                throw new Wrong("File " + file + " is not a map of flags");
            }
            return new Sources(environment, file, root, lines(yaml, text));
        } catch (JsonProcessingException broken) {
            throw new Wrong("File " + file + " is no YAML: line "
                    + broken.getLocation().getLineNr() + ": " + withoutText(broken.getOriginalMessage()));
        } catch (IOException unreadable) {
            throw new Wrong("File " + file + " cannot be read: " + unreadable.getMessage());
        }
    }

    /** What is wrong, without the place in the file and what stands there: that may be a key. */
    private static String withoutText(String message) {
        return message.lines().takeWhile(line -> !line.startsWith(" in ")).collect(Collectors.joining(" "));
    }

    /** The line of each key, by its path such as {@code exec.timeout}. */
    private static Map<String, Integer> lines(YAMLMapper yaml, String text) throws IOException {
        Map<String, Integer> lines = new HashMap<>();
        try (JsonParser parser = yaml.createParser(text)) {
            for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
                if (token == JsonToken.FIELD_NAME) {
                    lines.putIfAbsent(
                            parser.getParsingContext()
                                    .pathAsPointer()
                                    .toString()
                                    .substring(1)
                                    .replace('/', '.'),
                            parser.currentTokenLocation().getLineNr());
                }
            }
        }
        return lines;
    }

    /** What is wrong with the configuration as a whole, in words. */
    static final class Wrong extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Wrong(String message) {
            super(message);
        }
    }

    private static String expanded(String text, Map<String, String> environment) {
        Matcher matcher = VARIABLE.matcher(text);
        StringBuilder out = new StringBuilder();
        while (matcher.find()) {
            String value = environment.getOrDefault(matcher.group(1), matcher.group(2));
            matcher.appendReplacement(out, Matcher.quoteReplacement(value == null ? "" : value));
        }
        return matcher.appendTail(out).toString();
    }

    /** The variable that stands for a flag, such as {@code CARILLON_WORKER_MAX_RUNS} for {@code --max-runs}. */
    static String variable(String flag) {
        String name = flag.startsWith("worker-") ? flag.substring("worker-".length()) : flag;
        return NAMED.getOrDefault(flag, PREFIX + name.toUpperCase(Locale.ROOT).replace('-', '_'));
    }

    @Override
    public String defaultValue(ArgSpec argument) {
        return found(argument).map(Found::value).orElse(null);
    }

    /** Where the value of a flag comes from that is not on the command line, in words; null when it is not from here. */
    String describe(ArgSpec argument) {
        return found(argument).map(Found::source).orElse(null);
    }

    private Optional<Found> found(ArgSpec argument) {
        String flag = flag(argument);
        if (flag == null) {
            return Optional.empty();
        }
        List<String> ofRunqy = OF_RUNQY.getOrDefault(flag, List.of());
        return Stream.concat(Stream.of(variable(flag)), ofRunqy.stream().skip(1))
                .filter(name -> !environment.getOrDefault(name, "").isEmpty())
                .findFirst()
                .map(name -> new Found(environment.get(name), "environment variable " + name))
                .or(() -> inFile(argument, flag, ofRunqy));
    }

    private Optional<Found> inFile(ArgSpec argument, String flag, List<String> ofRunqy) {
        if (root == null || !root.isObject()) {
            return Optional.empty();
        }
        List<String> paths = new ArrayList<>();
        for (String section : List.of(argument.command().name() + ".", "")) {
            paths.add(section + flag);
            ofRunqy.stream().limit(1).forEach(key -> paths.add(section + RECOVERY + "." + key));
        }
        return paths.stream()
                .filter(path -> !at(path).isMissingNode() && !at(path).isNull())
                .findFirst()
                .map(path -> new Found(text(argument, path), place(path)));
    }

    private JsonNode at(String path) {
        JsonNode node = root;
        for (String key : path.split("\\.")) {
            node = node.path(key);
        }
        return node;
    }

    private String place(String path) {
        return "key '" + path + "' of file " + file + line(path);
    }

    private String line(String path) {
        return lines.containsKey(path) ? ", line " + lines.get(path) : "";
    }

    private String text(ArgSpec argument, String path) {
        JsonNode value = at(path);
        boolean many = value.isArray() && !argument.splitRegex().isEmpty();
        Collection<JsonNode> all = new ArrayList<>();
        (many ? value : List.of(value)).forEach(all::add);
        List<String> texts = new ArrayList<>();
        for (JsonNode one : all) {
            if (!one.isValueNode()) {
                throw new Wrong(place(path) + ": that is "
                        + (argument.splitRegex().isEmpty() ? "" : "a list of values, or ") + "one value");
            }
            texts.add(one.asText());
        }
        return String.join(argument.splitRegex(), texts);
    }

    /** @throws Wrong when the file has a key that means nothing */
    void requireKnown(CommandSpec top) {
        if (root == null || !root.isObject()) {
            return;
        }
        Set<String> all = new TreeSet<>();
        Map<String, Set<String>> commands = new HashMap<>();
        top.subcommands().forEach((name, sub) -> {
            Set<String> own = new TreeSet<>();
            sub.getCommandSpec().options().forEach(option -> {
                if (flag(option) != null) {
                    own.add(flag(option));
                }
            });
            commands.put(name, own);
            all.addAll(own);
        });
        root.properties().forEach(entry -> {
            String key = entry.getKey();
            if (key.equals(RECOVERY)) {
                requireRecovery(key);
            } else if (commands.containsKey(key)) {
                requireSection(key);
                entry.getValue().properties().forEach(inner -> {
                    String path = key + "." + inner.getKey();
                    if (key.equals("exec") && inner.getKey().equals(RECOVERY)) {
                        requireRecovery(path);
                    } else {
                        require(
                                commands.get(key).contains(inner.getKey())
                                        || key.equals("exec") && inner.getKey().equals("command"),
                                path);
                    }
                });
            } else {
                require(all.contains(key), key);
            }
        });
    }

    private void requireRecovery(String path) {
        requireSection(path);
        at(path).fieldNames()
                .forEachRemaining(key -> require(
                        OF_RUNQY.values().stream()
                                .anyMatch(names -> names.get(0).equals(key)),
                        path + "." + key));
    }

    private void requireSection(String path) {
        if (!at(path).isObject() && !at(path).isNull()) {
            throw new Wrong(place(path) + " is a section: a map of flags");
        }
    }

    private void require(boolean known, String path) {
        if (!known) {
            throw new Wrong(
                    "File " + file + " has the key '" + path + "'" + line(path) + ", which is no flag of the worker");
        }
    }

    /** The words of a list below a command's section, such as the child's command. */
    List<String> words(String command, String key) {
        String path = command + "." + key;
        JsonNode node = root == null ? null : at(path);
        if (node == null || node.isMissingNode()) {
            return List.of();
        }
        List<String> words = new ArrayList<>();
        node.forEach(word -> words.add(word.isValueNode() ? word.asText() : null));
        if (!node.isArray() || words.contains(null)) {
            throw new Wrong(place(path) + " is a list of words");
        }
        return words;
    }

    /** The long name without dashes; null for flags that are for the command line alone. */
    private static String flag(ArgSpec argument) {
        if (!(argument instanceof OptionSpec option)) {
            return null;
        }
        String name = option.longestName().replaceFirst("^--", "");
        return Set.of("help", "version", "config", "validate").contains(name) ? null : name;
    }
}
