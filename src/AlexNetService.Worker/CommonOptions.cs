namespace AlexNetService.Worker;

/// <summary>Options that several commands share, so that they mean the same everywhere.</summary>
internal static class CommonOptions
{
    /// <summary>The folders that <c>--package</c> takes, for help texts.</summary>
    public const string PackageFolder = "Package folder, …/NAME/VERSION, or …/NAME for the newest version.";

    public static Option<T> Of<T>(string name, string description) => new(name) { Description = description };

    public static Option<T> Of<T>(string name, string description, T usual) => new(name)
    {
        Description = description,
        DefaultValueFactory = _ => usual,
    };

    public static Option<string?> Text(string name, string description) => Of<string?>(name, description);

    public static Option<string[]> Several(string name, string description) => new(name)
    {
        Description = description,
        AllowMultipleArgumentsPerToken = true,
    };

    public static Option<string?> Preset() => Text("--preset", $"Layer table: {string.Join(", ", AlexNetLayers.Presets)}.");

    public static Option<int?> Classes() => Of<int?>(
        "--classes", "Classes of the preset. Default: 10 for alexnet-cifar, 200 for alexnet-64, 1000 for the others.");

    public static Option<int> Seed() => Of(
        "--seed", "Seed of weights, order, crops and dropout. The same seed on the same devices gives the same network.", 1);

    public static Option<CheckpointChoice> Checkpoint() => Of(
        "--checkpoint",
        "Which epoch of --run: best (least error on the held-out photographs; the newest if there are none) or newest.",
        CheckpointChoice.Best);

    public static Option<LogFormat> Log() => new("--log")
    {
        Description = "text, or json: every line of progress and errors is one JSON object.",
        Recursive = true,
    };

    public static Option<string?> Repository(string usual) => Text(
        "--repository", $"Folder of packages; the package goes to REPOSITORY/NAME/VERSION. Default: {usual}.");

    public static Option<string?> ModelName(string usual) => Text("--name", $"Name of the model. Default: {usual}.");

    public static Option<int?> ModelVersion() =>
        Of<int?>("--model-version", "Version of the model. Default: one more than the newest.");

    public static Option<string> Devices(string description) => Of("--devices", description, "cpu");

    public static Option<int> Threads() =>
        Of("--threads", "Threads of one operation on the CPU; 0 for one a core.", 0).Range(0, 1024);

    public static Option<double?> Number(string name, string description) => new(name)
    {
        Description = description,
        CustomParser = argument => ParseNumber(argument),
    };

    /// <summary>Reads a number with a decimal point; NaN and infinity are none.</summary>
    public static double? NumberOf(string text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) ? number : null;

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

    /// <summary>The threads to use: 0 means one a core; ranks of one machine share its cores.</summary>
    public static int Cores(int threads) => threads > 0 ? threads : Ranks.Cores;

    /// <summary>The threads for ONNX Runtime: 0 lets it choose, but ranks of one machine share its cores.</summary>
    public static int RuntimeThreads(int threads, Ranks ranks) => ranks.IsAlone ? threads : Cores(threads);

    /// <summary>Adds options, in the order of the help text.</summary>
    public static void AddAll(this Command command, params ReadOnlySpan<Option> options)
    {
        foreach (var option in options)
        {
            command.Add(option);
        }
    }

    public static Option<T> Among<T>(this Option<T> option, params string[] values)
    {
        option.AcceptOnlyFromAmong(values);
        return option;
    }

    /// <summary>Refuses integers outside a range.</summary>
    public static Option<T> Range<T>(this Option<T> option, int least, int most = int.MaxValue)
    {
        option.Validators.Add(result =>
        {
            if (result.Tokens is [var token] && int.TryParse(token.Value, out var number) && (number < least || number > most))
            {
                result.AddError(most == int.MaxValue ? $"{option.Name} takes {least} or more." : $"{option.Name} takes {least} to {most}.");
            }
        });
        return option;
    }

    /// <summary>The repository that a package's folder, …/NAME/VERSION, lies in.</summary>
    public static string RepositoryOf(string folder) => Path.GetFullPath(Path.Combine(folder, "..", ".."));

    public static NetworkArchitecture Architecture(string preset, int classes) => AlexNetLayers.Find(preset, classes)
        ?? throw new InputException($"There is no preset '{preset}'; there are {string.Join(", ", AlexNetLayers.Presets)}.");

    /// <summary>Whether the option is on the command line, rather than its default.</summary>
    public static bool IsGiven(this ParseResult parsed, Option option) => parsed.GetResult(option) is { Implicit: false };
}
