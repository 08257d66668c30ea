using System.CommandLine.Help;

namespace AlexNetService.Worker;

/// <summary>What is wrong with a command line: one sentence that names the word and the nearest right one.</summary>
internal static class UsageError
{
    /// <summary>Names that other software uses for our options, understood by every command that has the option.</summary>
    private static readonly Dictionary<string, string[]> Understood = new(StringComparer.Ordinal)
    {
        ["--learning-rate"] = ["--lr"],
        ["--weight-decay"] = ["--wd"],
        ["--batch-size"] = ["--batch"],
        ["--output"] = ["--out"],
        ["--data"] = ["--data-dir", "--dataset"],
    };

    /// <summary>Names that may mean one of several options: the first that the command has is suggested.</summary>
    private static readonly Dictionary<string, string[]> Suggested = new(StringComparer.Ordinal)
    {
        ["--model"] = ["--package", "--preset", "--name"],
        ["--arch"] = ["--preset"],
        ["--pretrained"] = ["--from"],
        ["--finetune"] = ["--from"],
        ["--weights"] = ["--from", "--package"],
        ["--bs"] = ["--batch-size"],
        ["--val-split"] = ["--validation-fraction"],
        ["--gpu"] = ["--devices"],
        ["--gpus"] = ["--devices"],
        ["--workers"] = ["--threads"],
        ["--k"] = ["--top"],
    };

    /// <summary>Lets a command understand common names of its options.</summary>
    public static void AddAliases(Command command)
    {
        foreach (var option in command.Options)
        {
            foreach (var alias in Understood.GetValueOrDefault(option.Name, []))
            {
                option.Aliases.Add(alias);
            }
        }
    }

    /// <summary>The first error of a command line, or null if there is none.</summary>
    public static string? Of(ParseResult parsed)
    {
        if (parsed.Action is HelpAction)
        {
            return null;
        }

        var command = parsed.CommandResult.Command;
        var path = command is RootCommand ? "alexnet" : $"alexnet {command.Name}";
        return Stray(parsed) is { } stray ? $"{Unknown(stray.Split('=')[0], command, path)} '{path} --help' lists them."
            : parsed.Errors is not [var error, ..] ? null
            : command is RootCommand
                ? $"Name a command: {string.Join(", ", command.Subcommands.Select(each => each.Name))}. '{path} --help' explains them."
            : $"{Sentence(error.Message)} '{path} --help' explains the options.";
    }

    /// <summary>The library's message on one line, and without the name of a .NET type, which means nothing to the user.</summary>
    public static string Sentence(string message)
    {
        var line = string.Join(' ', message.Split([' ', '\t', '\r', '\n'], StringSplitOptions.RemoveEmptyEntries))
            .Replace("' '", "', '", StringComparison.Ordinal);
        var from = line.IndexOf(" as expected type '", StringComparison.Ordinal);
        line = from < 0 ? line : line[..from] + line[(line.IndexOf("'.", from, StringComparison.Ordinal) + 1)..];
        return line.EndsWith('.') ? line : line + ".";
    }

    /// <summary>
    /// The first word that belongs nowhere. The library also takes a misspelt option as the value of an option or argument before it that
    /// takes several.
    /// </summary>
    private static string? Stray(ParseResult parsed) => parsed.UnmatchedTokens is [var unmatched, ..]
        ? unmatched
        : parsed.Tokens.TakeWhile(token => token.Type != TokenType.DoubleDash)
            .FirstOrDefault(token => token.Type == TokenType.Argument && token.Value.StartsWith("--", StringComparison.Ordinal))?.Value;

    private static string Unknown(string word, Command command, string path)
    {
        var options = Options(command);
        return word.StartsWith('-') ? $"'{word}' is not an option of '{path}'{Meant(word, options)}"
            : command is RootCommand ? $"'{word}' is not a command{Meant(word, [.. command.Subcommands.Select(each => each.Name)])}"
            : options.Contains("--data") ? $"'{word}' belongs to no option; if it is the data set, write --data {word}."
            : $"'{word}' belongs to no option.";
    }

    private static string Meant(string word, IReadOnlyList<string> names)
    {
        var most = Math.Max(1, word.TrimStart('-').Length / 3);
        var nearest = Suggested.TryGetValue(word, out var meant)
            ? meant.FirstOrDefault(names.Contains)
            : names.FirstOrDefault(name => name.StartsWith(word, StringComparison.OrdinalIgnoreCase))
                ?? names.Where(name => Edits(word, name) <= most).MinBy(name => Edits(word, name));
        return nearest is null ? "." : $"; did you mean {nearest}?";
    }

    /// <summary>Letters to insert, remove, replace or swap with the next to make one word of the other (Damerau 1964).</summary>
    private static int Edits(string one, string other)
    {
        var edits = new int[one.Length + 1, other.Length + 1];
        for (var i = 0; i <= one.Length; i++)
        {
            for (var j = 0; j <= other.Length; j++)
            {
                edits[i, j] = i == 0 || j == 0 ? i + j : Math.Min(
                    edits[i - 1, j - 1] + (one[i - 1] == other[j - 1] ? 0 : 1), 1 + Math.Min(edits[i - 1, j], edits[i, j - 1]));
                if (i > 1 && j > 1 && one[i - 1] == other[j - 2] && one[i - 2] == other[j - 1])
                {
                    edits[i, j] = Math.Min(edits[i, j], edits[i - 2, j - 2] + 1);
                }
            }
        }

        return edits[one.Length, other.Length];
    }

    private static IReadOnlyList<string> Options(Command command) =>
    [
        .. command.Options.Concat(command.Parents.SelectMany(parent => ((Command)parent).Options).Where(option => option.Recursive))
            .SelectMany(option => (string[])[option.Name, .. option.Aliases])
            .Where(name => name.StartsWith("--", StringComparison.Ordinal)),
    ];
}
