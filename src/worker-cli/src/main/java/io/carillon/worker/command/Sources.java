package io.carillon.worker.command;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.IDefaultValueProvider;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * Where a value comes from that is not on the command line: the environment first, then the file. Knows the source of each, so
 * that a wrong value can be found.
 *
 * <p>The file is YAML: its keys are the names of the common flags; a section with a command's name has that command's own. {@code
 * ${VAR}} and {@code ${VAR:-default}} in it are replaced from the environment.
 */
final class Sources implements IDefaultValueProvider {
    private static final Map<String, String> NAMED = Map.of("server", "CARILLON_URL", "key", "CARILLON_KEY");
    private static final String PREFIX = "CARILLON_WORKER_";
    private static final Pattern VARIABLE = Pattern.compile("\\$\\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\\}");

    private final Map<String, String> environment;
    private final Path file;
    private final JsonNode root;

    private Sources(Map<String, String> environment, Path file, JsonNode root) {
        this.environment = environment;
        this.file = file;
        this.root = root;
    }

    /**
     * @param file null for none
     * @throws Wrong when the file cannot be read or is no such file
     */
    static Sources of(Map<String, String> environment, Path file) {
        if (file == null) {
            return new Sources(environment, null, null);
        }
        try {
            String text = expanded(Files.readString(file, StandardCharsets.UTF_8), environment);
            JsonNode root = new YAMLMapper().readTree(text);
            if (root != null && !root.isObject() && !root.isMissingNode() && !root.isNull()) {
                throw new Wrong("File " + file + " is not a map of flags");
            }
            return new Sources(environment, file, root);
        } catch (JsonProcessingException broken) {
            throw new Wrong("File " + file + " is no YAML: line "
                    + broken.getLocation().getLineNr() + ": " + broken.getOriginalMessage());
        } catch (IOException unreadable) {
            throw new Wrong("File " + file + " cannot be read: " + unreadable.getMessage());
        }
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
        String flag = flag(argument);
        if (flag == null) {
            return null;
        }
        String value = environment.get(variable(flag));
        if (value != null && !value.isEmpty()) {
            return value;
        }
        JsonNode found = inFile(argument, flag);
        return found == null ? null : text(argument, found);
    }

    /** Where the value of a flag comes from that is not on the command line, in words; null when it is not from here. */
    String describe(ArgSpec argument) {
        String flag = flag(argument);
        if (flag == null) {
            return null;
        }
        String value = environment.get(variable(flag));
        if (value != null && !value.isEmpty()) {
            return "environment variable " + variable(flag);
        }
        return inFile(argument, flag) == null ? null : "key '" + flag + "' of file " + file;
    }

    /** @throws Wrong when the file has a key that means nothing */
    void requireKnown(CommandSpec top) {
        if (root == null || !root.isObject()) {
            return;
        }
        Set<String> common = new TreeSet<>();
        Set<String> commands = new TreeSet<>(top.subcommands().keySet());
        top.subcommands().values().forEach(sub -> sub.getCommandSpec().options().forEach(option -> {
            if (flag(option) != null) {
                common.add(flag(option));
            }
        }));
        for (Map.Entry<String, JsonNode> entry : fields(root)) {
            if (commands.contains(entry.getKey())) {
                Set<String> own = new TreeSet<>();
                top.subcommands()
                        .get(entry.getKey())
                        .getCommandSpec()
                        .options()
                        .forEach(option -> own.add(String.valueOf(flag(option))));
                own.add("command");
                for (Map.Entry<String, JsonNode> inner : fields(entry.getValue())) {
                    require(own.contains(inner.getKey()), entry.getKey() + "." + inner.getKey());
                }
            } else {
                require(common.contains(entry.getKey()), entry.getKey());
            }
        }
    }

    private static List<Map.Entry<String, JsonNode>> fields(JsonNode node) {
        return new ArrayList<>(node.properties());
    }

    private void require(boolean known, String key) {
        if (!known) {
            throw new Wrong("File " + file + " has the key '" + key + "', which is no flag of the worker");
        }
    }

    /** The words of a list below a command's section, such as the child's command. */
    List<String> words(String command, String key) {
        JsonNode node = root == null ? null : root.path(command).path(key);
        if (node == null || node.isMissingNode()) {
            return List.of();
        }
        if (!node.isArray()) {
            throw new Wrong("File " + file + ": " + command + "." + key + " is a list of words");
        }
        List<String> words = new ArrayList<>();
        node.forEach(word -> words.add(word.asText()));
        return words;
    }

    private JsonNode inFile(ArgSpec argument, String flag) {
        if (root == null || !root.isObject()) {
            return null;
        }
        JsonNode own = root.path(argument.command().name()).path(flag);
        JsonNode found = own.isMissingNode() ? root.path(flag) : own;
        return found.isMissingNode() || found.isNull() ? null : found;
    }

    private static String text(ArgSpec argument, JsonNode value) {
        if (!value.isArray()) {
            return value.asText();
        }
        List<String> texts = new ArrayList<>();
        value.forEach(one -> texts.add(one.asText()));
        return String.join(argument.splitRegex(), texts);
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
