using AlexNetService.Laboratory.Ablate;
using Spectre.Console;

namespace AlexNetService.Worker.Ablate;

/// <summary><c>alexnet ablate</c>: trains and measures variants without one of the paper's choices each, under one budget.</summary>
internal sealed class AblateCommand : Command
{
    private readonly Option<string?> data = CommonOptions.Text(
        "--data", $"Data set: {DataSetOpener.Kinds}. A tenth of each class is held out.");

    private readonly Option<string> output = CommonOptions.Of(
        "--output", "Folder of the runs, ablation.json, ablation.md and ablation.svg.", Path.Combine("runs", "ablation"));

    private readonly Option<string> preset = CommonOptions.Of(
        "--preset", $"Layer table and recipe of the baseline: {string.Join(", ", AlexNetLayers.Presets)}.", AlexNetLayers.Cifar);

    private readonly Option<string[]> variants = CommonOptions.Several(
        "--variants",
        $"Variants, separated by commas; the baseline is always included: {string.Join(", ", AblationPlan.Names)}. Default: all.");

    private readonly Option<int> seeds = CommonOptions.Of(
        "--seeds", "Seeds of each variant, from 1; also the members of the largest ensemble.", 3).Range(1, 100);

    /// <summary>The options of <c>alexnet train</c> that make the common budget.</summary>
    private readonly RunOption[] budget =
    [
        .. RunOptions.Create().Where(entry => entry.Option.Name is "--epochs" or "--batch-size" or "--learning-rate" or "--precision"),
    ];

    private readonly Option<int?> photographs = CommonOptions.Of<int?>(
        "--photographs", "Photographs of each class to learn from, spread evenly over those that are not held out. Default: all.");

    private readonly Option<int?> heldOut = CommonOptions.Of<int?>(
        "--held-out", "Photographs of each class to measure on, spread evenly over those held out. Default: all.");

    private readonly Option<string[]> rates = CommonOptions.Several(
        "--rates", "Learning rates that figure 1 tries for ReLU and for tanh, separated by commas. Default: 0.005,0.01,0.02,0.04.");

    private readonly Option<int> figure1Epochs = CommonOptions.Of(
        "--figure1-epochs", "Epochs after which a run of figure 1 is abandoned, if it has not reached 25 % training error.", 30);

    private readonly Option<string> devices = CommonOptions.Devices("Device of each column; a network of one column takes the first.");
    private readonly Option<int> threads = CommonOptions.Threads();
    private readonly Option<bool> table = CommonOptions.Of<bool>("--table", "Only print the tables in --output.");
    private readonly CancellationToken stop;

    public AblateCommand(CancellationToken stop)
        : base("ablate", """
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
        this.stop = stop;
        this.AddAll(
            data, output, preset, variants, seeds, photographs, heldOut, rates, figure1Epochs, devices, threads, table);
        this.AddAll([.. budget.Select(entry => entry.Option)]);
        SetAction(Run);
    }

    private int Run(ParseResult parsed)
    {
        var folder = parsed.GetRequiredValue(output);
        if (parsed.GetValue(table))
        {
            Print(AblationReport.Read(folder));
            return ExitCode.Done;
        }

        var plan = Plan(parsed, folder);
        try
        {
            Print(new Ablation(plan, stop).Run());
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

    private static void Print(AblationReport report)
    {
        AnsiConsole.WriteLine(AblationSection.Budget(report));
        foreach (var section in AblationSection.Of(report))
        {
            AnsiConsole.WriteLine();
            AnsiConsole.WriteLine(section.Title);
            var table = Tables.Create([section.Header[0]], section.Header.Skip(1));
            foreach (var row in section.Rows)
            {
                table.Add(row);
            }

            AnsiConsole.Write(table);
            foreach (var note in section.Notes)
            {
                AnsiConsole.WriteLine(note);
            }
        }
    }

    private AblationPlan Plan(ParseResult parsed, string folder)
    {
        var name = parsed.GetRequiredValue(preset);
        _ = CommonOptions.Architecture(name, classes: 2);
        string[] chosen = parsed.GetValue(variants) is { Length: > 0 } given ? [.. given.SelectMany(Parts)] : [.. AblationPlan.Names];
        var settings = new RunSettings(new NetworkSwitches(), TrainingRecipe.For(name));
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
            Seeds = parsed.GetValue(seeds),
            Data = parsed.GetValue(data) ?? throw new InputException("Name the --data to learn from."),
            Output = folder,
            Devices = parsed.GetRequiredValue(devices),
            Threads = CommonOptions.Cores(parsed.GetValue(threads)),
        };
        var broken = plan.Recipe.Broken() ?? plan.OfFigure1(AblationPlan.Activations[0], plan.Rates[0], seed: 1).Recipe.Broken();
        return broken is null ? plan : throw new InputException(broken);
    }

    private static bool HasSomethingKept(string folder) =>
        Directory.Exists(folder) && Directory.EnumerateFiles(folder, "*.safetensors", SearchOption.AllDirectories).Any();

    private static string[] Parts(string text) =>
        text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private static double Rate(string text) => CommonOptions.NumberOf(text) is > 0 and var rate
        ? rate
        : throw new InputException($"--rates takes numbers such as 0.01,0.02, not '{text}'.");
}
