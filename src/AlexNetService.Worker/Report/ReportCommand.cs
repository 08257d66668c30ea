namespace AlexNetService.Worker.Report;

/// <summary><c>alexnet report</c>: a run → one HTML file.</summary>
internal sealed class ReportCommand : Command
{
    private readonly Option<string?> run = CommonOptions.Text("--run", "A run's folder, or one of its checkpoint files.");
    private readonly Option<CheckpointChoice> checkpoint = CommonOptions.Checkpoint();
    private readonly Option<string?> data = CommonOptions.Text("--data", "Where the run's data set is now. Default: where it was.");

    private readonly Option<string?> validation = CommonOptions.Text(
        "--validation", "Where the run's separate held-out data set is now, if it had one. Default: where it was.");

    private readonly Option<string?> output = CommonOptions.Text(
        "--output", $"The file. Default: {ReportPage.UsualFile} in the run's folder.");

    private readonly Option<string> devices = CommonOptions.Devices("Device of each column.");
    private readonly Option<int> threads = CommonOptions.Threads();

    public ReportCommand(CancellationToken stop)
        : base("report", """
            Write a run as one HTML file: learning curves, the first filters of each column, confusions, the most confident errors with
            their pictures, recipe and manifest. 'alexnet train' writes one at its end; this command writes it again, or earlier.

            Example: alexnet report --run runs/first
            """)
    {
        this.AddAll(run, checkpoint, data, validation, output, devices, threads);
        SetAction(parsed => Run(parsed, stop));
    }

    private int Run(ParseResult parsed, CancellationToken stop)
    {
        TorchRuntime.Prepare(parsed.GetValue(threads));
        var folder = parsed.GetValue(run) ?? throw new InputException("Name a --run.");
        var kept = RunCheckpoint.Open(folder, parsed.GetValue(checkpoint));
        var beside = Directory.Exists(folder) ? folder : Path.GetDirectoryName(folder) ?? ".";
        var file = parsed.GetValue(output) ?? Path.Combine(beside, ReportPage.UsualFile);
        WholeFile.Write(file, ReportPage.Of(kept, Measured(parsed, kept, folder, stop)));
        Console.WriteLine($"written {file}");
        return ExitCode.Done;
    }

    private MeasuredRun? Measured(ParseResult parsed, Checkpoint kept, string folder, CancellationToken stop)
    {
        var state = kept.State;
        if (state.ValidationImages == 0)
        {
            return null;
        }

        using var sets = DataSets.Open(new DataPaths(
            parsed.GetValue(data) ?? state.DataSetPath, parsed.GetValue(validation) ?? state.HeldOut?.Path));
        sets.RequireSameAs(state);
        var heldOut = sets.LoadValidation(state.Recipe.Share, state.Architecture.Geometry.Canvas, stop);
        return MeasuredRun.Of(kept, folder, heldOut, parsed.GetRequiredValue(devices), stop);
    }
}
