using System.CommandLine.Help;

namespace AlexNetService.Worker;

/// <summary>
/// Reads options from the environment, for containers: <c>ALEXNET_BATCH_SIZE</c> sets <c>--batch-size</c>, and so on for every option of
/// every command. The command line wins; an empty variable counts as unset; several values are separated by commas.
/// </summary>
internal static class EnvironmentOptions
{
    /// <summary>Adds the variable's name to the help of each option of a command and its subcommands.</summary>
    public static void Document(Command command)
    {
        foreach (var option in command.Options.Where(IsOurs))
        {
            option.Description += $" [env: {Variable(option)}]";
        }

        foreach (var below in command.Subcommands)
        {
            Document(below);
        }
    }

    /// <summary>Parses the command line, and takes missing options from the environment: the value of a variable, or null.</summary>
    public static ParseResult Parse(RootCommand root, string[] arguments, Func<string, string?> environment)
    {
        var given = root.Parse(arguments);
        if (given.Errors.Count > 0 || given.CommandResult.Command == root)
        {
            return given;
        }

        var added = new List<string>();
        foreach (var option in root.Options.Where(option => option.Recursive).Concat(given.CommandResult.Command.Options).Where(IsOurs))
        {
            if (!given.IsGiven(option) && environment(Variable(option)) is { Length: > 0 } value)
            {
                var values = option.AllowMultipleArgumentsPerToken ? value.Split(',') : [value];
                string[] tokens = [.. values.Select(one => $"{option.Name}={one}")];
                if (root.Parse([given.CommandResult.Command.Name, .. tokens]).Errors is [var error, ..])
                {
                    throw new InputException($"{Variable(option)}: {UsageError.Sentence(error.Message)}");
                }

                added.AddRange(tokens);
            }
        }

        return added.Count == 0 ? given : root.Parse([.. arguments, .. added]);
    }

    public static string Variable(Option option) => "ALEXNET_" + option.Name.TrimStart('-').Replace('-', '_').ToUpperInvariant();

    private static bool IsOurs(Option option) => option is not (HelpOption or VersionOption);
}
