using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using AlexNetService.ModelSpec.Architecture;
using AlexNetService.Training.Loop;
using AlexNetService.Worker.Log;

namespace AlexNetService.Worker;

/// <summary>Options that several commands share, so that they mean the same everywhere.</summary>
internal static class CommonOptions
{
    /// <summary>The folders that <c>--package</c> takes, for help texts.</summary>
    public const string PackageFolder = "Package folder, …/NAME/VERSION, or …/NAME for the newest version.";

    public static Option<string?> Preset() => new("--preset")
    {
        Description = $"Layer table: {string.Join(", ", AlexNetLayers.Presets)}.",
    };

    public static Option<int?> Classes() => new("--classes")
    {
        Description = "Classes of the preset. Default: 10 for alexnet-cifar, 200 for alexnet-64, 1000 for the others.",
    };

    public const int UsualSeed = 1;

    public static Option<int> Seed() => new("--seed")
    {
        Description = "Seed of weights, order, crops and dropout. The same seed on the same devices gives the same network.",
        DefaultValueFactory = _ => UsualSeed,
    };

    public static Option<CheckpointChoice> Checkpoint() => new("--checkpoint")
    {
        Description = "Which epoch of --run: best (least error on the held-out photographs; the newest if there are none) or newest.",
        DefaultValueFactory = _ => CheckpointChoice.Best,
    };

    public static Option<LogFormat> Log() => new("--log")
    {
        Description = "text, or json: every line of progress and errors is one JSON object.",
        Recursive = true,
    };

    public static Option<string?> Repository(string usual) => new("--repository")
    {
        Description = $"Folder of packages; the package goes to REPOSITORY/NAME/VERSION. Default: {usual}.",
    };

    public static Option<string?> ModelName(string usual) => new("--name") { Description = $"Name of the model. Default: {usual}." };

    public static Option<int?> ModelVersion() => new("--model-version")
    {
        Description = "Version of the model. Default: one more than the newest.",
    };

    public static Option<int> Threads()
    {
        var option = new Option<int>("--threads")
        {
            Description = "Threads of one operation on the CPU; 0 for one a core.",
            DefaultValueFactory = _ => 0,
        };
        option.RequireRange(0, 1024);
        return option;
    }

    /// <summary>A number with a decimal point.</summary>
    public static Option<double?> Number(string name, string description) => new(name)
    {
        Description = description,
        CustomParser = argument => ParseNumber(argument),
    };

    /// <summary>Reads a number. The library itself would read a comma as a thousands separator, and 0,01 as 1.</summary>
    public static double ParseNumber(ArgumentResult argument)
    {
        var text = argument.Tokens[0].Value;
        if (!double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number))
        {
            argument.AddError($"{(argument.Parent as OptionResult)?.Option.Name} takes a number such as 0.01, not '{text}'.");
        }

        return number;
    }

    /// <summary>Refuses integers outside a range.</summary>
    public static void RequireRange(this Option option, int least, int most) => option.Validators.Add(result =>
    {
        if (result.Tokens is [var token] && int.TryParse(token.Value, out var number) && (number < least || number > most))
        {
            result.AddError(most == int.MaxValue ? $"{option.Name} takes {least} or more." : $"{option.Name} takes {least} to {most}.");
        }
    });

    /// <summary>The layer table of a preset.</summary>
    /// <exception cref="InputException">There is no such preset.</exception>
    public static NetworkArchitecture Architecture(string preset, int classes) => AlexNetLayers.Find(preset, classes)
        ?? throw new InputException($"There is no preset '{preset}'; there are {string.Join(", ", AlexNetLayers.Presets)}.");

    /// <summary>Whether the option is on the command line, rather than its default.</summary>
    public static bool IsGiven(this ParseResult parsed, Option option) => parsed.GetResult(option) is { Implicit: false };
}
