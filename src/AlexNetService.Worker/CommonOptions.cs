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
    public static Option<string?> Preset() => new("--preset")
    {
        Description = $"Layer table: {string.Join(", ", AlexNetLayers.Presets)}.",
    };

    public static Option<int> Seed() => new("--seed")
    {
        Description = "Seed of weights, order, crops and dropout. The same seed on the same devices gives the same network.",
        DefaultValueFactory = _ => 1,
    };

    public static Option<CheckpointChoice> Checkpoint() => new("--checkpoint")
    {
        Description = "Which epoch of --run: best (least error on the held-out photographs; the newest where there are none) or newest.",
        DefaultValueFactory = _ => CheckpointChoice.Best,
    };

    public static Option<LogFormat> Log() => new("--log")
    {
        Description = "text, or json: every line of progress and errors is one JSON object.",
        Recursive = true,
    };

    public static Option<int> Threads()
    {
        var option = new Option<int>("--threads") { Description = "Threads of one operation on the CPU; 0 for one a core.", DefaultValueFactory = _ => 0 };
        option.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is < 0 or > 1024)
            {
                result.AddError("--threads takes 0 to 1024.");
            }
        });
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

    /// <summary>The layer table of a preset.</summary>
    /// <exception cref="InputException">There is no such preset.</exception>
    public static NetworkArchitecture Architecture(string preset, int classes) => AlexNetLayers.Find(preset, classes)
        ?? throw new InputException($"There is no preset '{preset}'; there are {string.Join(", ", AlexNetLayers.Presets)}.");

    /// <summary>Whether the option stands on the command line, rather than its default.</summary>
    public static bool IsGiven(this ParseResult parsed, Option option) => parsed.GetResult(option) is { Implicit: false };
}
