using System.CommandLine;
using System.Globalization;
using AlexNetService.Laboratory.Ablate;
using AlexNetService.ModelSpec.Architecture;
using AlexNetService.Training.Data;
using AlexNetService.Training.Loop;
using AlexNetService.Worker.Train;
using Spectre.Console;

namespace AlexNetService.Worker.Ablate;

/// <summary><c>alexnet ablate</c>: trains and measures variants without one of the paper's choices each, under one budget.</summary>
internal sealed class AblateCommand
{
    private const int MostSeeds = 100;

    private readonly Option<string?> data = new("--data")
    {
        Description = $"Data set: {DataSetOpener.Kinds}. A tenth of each class is held out.",
    };

    private readonly Option<string> output = new("--output")
    {
        Description = "Folder of the runs, ablation.json, ablation.md and ablation.svg.",
        DefaultValueFactory = _ => Path.Combine("runs", "ablation"),
    };

    private readonly Option<string> preset = new("--preset")
    {
        Description = $"Layer table and recipe of the baseline: {string.Join(", ", AlexNetLayers.Presets)}.",
        DefaultValueFactory = _ => AlexNetLayers.Cifar,
    };

    private readonly Option<string[]> variants = new("--variants")
    {
        Description = "Variants, separated by commas; the baseline is always included: "
            + $"{string.Join(", ", AblationPlan.Names)}. Default: all.",
        AllowMultipleArgumentsPerToken = true,
    };

    private readonly Option<int> seeds = new("--seeds")
    {
        Description = "Seeds of each variant, from 1; also the members of the largest ensemble.",
        DefaultValueFactory = _ => 3,
    };

    /// <summary>The options of <c>alexnet train</c> that make the common budget.</summary>
    private readonly RunOption[] budget =
    [
        .. RunOptions.Create().Where(entry => entry.Option.Name is "--epochs" or "--batch-size" or "--learning-rate" or "--precision"),
    ];

    private readonly Option<int?> photographs = new("--photographs")
    {
        Description = "Photographs of each class to learn from, spread evenly over those that are not held out. Default: all.",
    };

    private readonly Option<int?> heldOut = new("--held-out")
    {
        Description = "Photographs of each class to measure on, spread evenly over those held out. Default: all.",
    };

    private readonly Option<string[]> rates = new("--rates")
    {
        Description = "Learning rates that figure 1 tries for ReLU and for tanh, separated by commas. Default: 0.005,0.01,0.02,0.04.",
        AllowMultipleArgumentsPerToken = true,
    };

    private readonly Option<int> figure1Epochs = new("--figure1-epochs")
    {
        Description = "Epochs after which a run of figure 1 is abandoned, if it has not reached 25 % training error.",
        DefaultValueFactory = _ => 30,
    };

    private readonly Option<string> devices = new("--devices")
    {
        Description = "Device of each column; a network of one column takes the first.",
        DefaultValueFactory = _ => "cpu",
    };

    private readonly Option<int> threads = CommonOptions.Threads();
    private readonly Option<bool> table = new("--table") { Description = "Only print the tables in --output." };

    public static Command Create(CancellationToken stop)
    {
        var options = new AblateCommand();
        var command = new Command("ablate", """
            Measure the effect of each of the paper's choices: train the preset and variants that lack one thing each, under one budget and
            with several seeds, and print errors, their spread and the differences beside the paper's figures. Also: one crop against ten,
            ensembles, and figure 1 (epochs to 25 % training error with ReLU and tanh, each at its best rate). After a stop or a crash the
            same command continues; it does not repeat finished runs.

            Example: alexnet ablate --data photographs.zip --output runs/ablation
            Example: alexnet ablate --data photographs.zip --photographs 500 --epochs 6 --variants no-lrn,no-dropout --seeds 2
            Example: alexnet ablate --data photographs.zip --variants figure1 --rates 0.01,0.02,0.03 --figure1-epochs 20
                     alexnet ablate --table --output runs/ablation
            """)
        {
            options.data, options.output, options.preset, options.variants, options.seeds, options.photographs, options.heldOut,
            options.rates, options.figure1Epochs, options.devices, options.threads, options.table,
        };
        Array.ForEach(options.budget, entry => command.Add(entry.Option));
        command.SetAction(parsed => options.Run(parsed, stop));
        return command;
    }

    private int Run(ParseResult parsed, CancellationToken stop)
    {
        var folder = parsed.GetValue(output) ?? "";
        if (parsed.GetValue(table))
        {
            Print(AblationReport.Read(folder), AnsiConsole.Console);
            return ExitCode.Done;
        }

        var plan = Plan(parsed, folder);
        try
        {
            Print(new Ablation(plan, stop).Run(), AnsiConsole.Console);
            Console.WriteLine($"written {Path.Combine(folder, AblationReport.JsonFile)}, and beside it .md and .svg");
            return ExitCode.Done;
        }
        catch (OperationCanceledException) when (HasSomethingKept(folder))
        {
            var words = parsed.Tokens
                .Select(token => token.Value)
                .Select(word => word.Contains(' ', StringComparison.Ordinal) ? $"\"{word}\"" : word);
            Console.WriteLine($"stopped; all runs are kept, also the unfinished one. Continue with: alexnet {string.Join(' ', words)}");
            return ExitCode.Stopped;
        }
    }

    private static void Print(AblationReport report, IAnsiConsole console)
    {
        console.WriteLine(AblationSection.Budget(report));
        foreach (var section in AblationSection.Of(report))
        {
            console.WriteLine();
            console.WriteLine(section.Title);
            var table = new Table().Border(TableBorder.Simple);
            foreach (var (place, column) in section.Header.Index())
            {
                table.AddColumn(place == 0 ? new TableColumn(column).NoWrap() : new TableColumn(column).RightAligned().NoWrap());
            }

            foreach (var row in section.Rows)
            {
                table.AddRow([.. row.Select(cell => new Text(cell))]);
            }

            console.Write(table);
            foreach (var note in section.Notes)
            {
                console.WriteLine(note);
            }
        }
    }

    private AblationPlan Plan(ParseResult parsed, string folder)
    {
        var name = parsed.GetValue(preset) ?? AlexNetLayers.Cifar;
        _ = CommonOptions.Architecture(name, classes: 2);
        string[] chosen = parsed.GetValue(variants) is { Length: > 0 } given ? [.. given.SelectMany(Parts)] : [.. AblationPlan.Names];
        var settings = new RunSettings(new NetworkSwitches(), TrainingRecipe.For(name), Seed: 0);
        var plan = new AblationPlan
        {
            Preset = name,
            Baseline = classes => CommonOptions.Architecture(name, classes),
            Recipe = budget.Aggregate(settings, (before, entry) => entry.Apply(parsed, before)).Recipe with
            {
                PhotographsPerClass = parsed.GetValue(photographs),
                HeldOutPerClass = parsed.GetValue(heldOut),

                // As in the recipes of ablations that began earlier, so that they can be continued.
                LeastHeldOutPerClass = 0,
            },
            Variants = AblationPlan.Chosen(chosen),
            HasFigure1 = chosen.Contains(AblationPlan.Figure1),
            Rates = parsed.GetValue(rates) is { Length: > 0 } tried
                ? [.. tried.SelectMany(Parts).Select(Rate).Distinct().Order()]
                : [0.005, 0.01, 0.02, 0.04],
            Figure1Epochs = parsed.GetValue(figure1Epochs),
            Seeds = parsed.GetValue(seeds) is >= 1 and <= MostSeeds and var many
                ? many
                : throw new InputException($"--seeds takes 1 to {MostSeeds}."),
            Data = parsed.GetValue(data) ?? throw new InputException("Name the --data to learn from."),
            Output = folder,
            Devices = parsed.GetValue(devices) ?? "cpu",
            Threads = parsed.GetValue(threads) is > 0 and var few ? few : Environment.ProcessorCount,
        };
        var broken = plan.Recipe.Broken() ?? plan.OfFigure1(AblationPlan.Activations[0], plan.Rates[0], seed: 1).Recipe.Broken();
        return broken is null ? plan : throw new InputException(broken);
    }

    private static bool HasSomethingKept(string folder) =>
        Directory.Exists(folder) && Directory.EnumerateFiles(folder, "*.safetensors", SearchOption.AllDirectories).Any();

    private static string[] Parts(string text) =>
        text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private static double Rate(string text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && number > 0 && double.IsFinite(number)
            ? number
            : throw new InputException($"--rates takes numbers such as 0.01,0.02, not '{text}'.");
}
