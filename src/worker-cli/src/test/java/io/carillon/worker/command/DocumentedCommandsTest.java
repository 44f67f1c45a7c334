package io.carillon.worker.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;

/** What documents and files of operators tell people to type is what the command takes. */
class DocumentedCommandsTest {
    private static final Path ROOT = Path.of("..", "..");
    private static final Map<String, String> KEY = Map.of("CARILLON_KEY", "k");
    private static final Pattern COMMAND = Pattern.compile(
            "(?:^|[\\s/])carillon-worker(?:\\.jar)?\\s+((?:openai|exec|http|echo)\\b[^`#&|\\n]*)", Pattern.MULTILINE);
    private static final Pattern CODE = Pattern.compile("```.*?```|`[^`]+`", Pattern.DOTALL);
    private static final Pattern WORD = Pattern.compile("'([^']*)'|\"([^\"]*)\"|(\\S+)");
    private static final Pattern FLAG = Pattern.compile("(?<![\\w-])--[a-z][a-z-]+");
    private static final Pattern VARIABLE = Pattern.compile("CARILLON_WORKER_[A-Z_]+[A-Z]");

    @TempDir
    Path directory;

    private static String read(String file) throws IOException {
        return Files.readString(ROOT.resolve(file));
    }

    /** The arguments of each command in a text, with continued lines as one. */
    private static List<List<String>> commands(String text) {
        return COMMAND.matcher(text.replaceAll("\\\\\\n\\s*", " "))
                .results()
                .map(found -> words(found.group(1)))
                .toList();
    }

    private static List<String> words(String line) {
        return WORD.matcher(line)
                .results()
                .map(word ->
                        word.group(1) != null ? word.group(1) : word.group(2) != null ? word.group(2) : word.group(3))
                .toList();
    }

    static List<List<String>> commandsOfDocuments() throws IOException {
        List<List<String>> all = new ArrayList<>();
        for (String file : List.of("README.md", "docs/worker.md")) {
            CODE.matcher(read(file)).results().map(MatchResult::group).forEach(code -> {
                // in a running text a command may go over the end of a line
                all.addAll(commands(
                        code.startsWith("```")
                                ? code
                                : code.substring(1, code.length() - 1).replace('\n', ' ')));
            });
        }
        return all;
    }

    @ParameterizedTest
    @MethodSource("commandsOfDocuments")
    void aCommandOfTheDocumentsIsValidAsItStands(List<String> words) {
        List<String> arguments = new ArrayList<>(words);
        arguments.add(1, "--validate");
        StringWriter err = new StringWriter();

        int code = CarillonWorker.run(
                KEY, new PrintWriter(new StringWriter()), new PrintWriter(err, true), arguments.toArray(String[]::new));

        assertThat(code).as("%s: %s", words, err).isZero();
    }

    @Test
    void theDocumentsHaveEachCommand() throws IOException {
        assertThat(commandsOfDocuments().stream().map(words -> words.get(0)))
                .contains("openai", "exec", "http", "echo");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "server-config/worker/carillon-worker.service",
                "server-config/worker/crontab",
                "server-config/worker/supervisor.conf"
            })
    void aFileOfOperatorsHasFlagsThatThereAre(String file) throws IOException {
        assertThat(commands(read(file))).isNotEmpty().allSatisfy(words -> new CommandLine(CarillonWorker.class)
                .parseArgs(words.toArray(String[]::new)));
    }

    @Test
    void theHelpShowsCommandsThatAreValid() {
        StringWriter out = new StringWriter();
        CarillonWorker.run(Map.of(), new PrintWriter(out, true), new PrintWriter(out, true), "--help");

        assertThat(commands(out.toString())).hasSize(4).allSatisfy(this::aCommandOfTheDocumentsIsValidAsItStands);
    }

    @Test
    void theFileOfTheDocumentsIsValid() throws IOException {
        Matcher yaml = Pattern.compile("```yaml\\n(.*?)```", Pattern.DOTALL).matcher(read("docs/worker.md"));
        assertThat(yaml.find()).isTrue();
        Path file = Files.writeString(directory.resolve("worker.yaml"), yaml.group(1));

        aCommandOfTheDocumentsIsValidAsItStands(List.of("exec", "--config", file.toString()));
    }

    private static Set<String> flags() {
        return new CommandLine(CarillonWorker.class)
                .getSubcommands().values().stream()
                        .flatMap(command -> command.getCommandSpec().options().stream())
                        .map(OptionSpec::longestName)
                        .collect(Collectors.toCollection(TreeSet::new));
    }

    @Test
    void flagsAndVariablesOfTheDocumentAreThere() throws IOException {
        String document = read("docs/worker.md");
        String commands = document.substring(document.indexOf("## The command"), document.indexOf("## The library"));
        Set<String> known = flags();
        known.addAll(Set.of("--version", "--no-restart"));

        assertThat(FLAG.matcher(commands).results().map(MatchResult::group))
                .isNotEmpty()
                .isSubsetOf(known);
        Set<String> variables = flags().stream()
                .map(flag -> Sources.variable(flag.substring(2)))
                .collect(Collectors.toSet());
        assertThat(VARIABLE.matcher(commands).results().map(MatchResult::group))
                .isNotEmpty()
                .isSubsetOf(variables);
    }
}
