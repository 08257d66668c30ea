using System.CommandLine;
using AlexNetService.Laboratory.Report;
using AlexNetService.ModelSpec.Files;
using AlexNetService.Training.Loop;
using AlexNetService.Training.Network;
using AlexNetService.Training.Runs;

namespace AlexNetService.Worker.Report;

/// <summary><c>alexnet report</c>: a run → one HTML file.</summary>
internal static class ReportCommand
{
    public static Command Create(CancellationToken stop)
    {
        var run = new Option<string?>("--run") { Description = "A run's folder, or one of its checkpoint files." };
        var checkpoint = CommonOptions.Checkpoint();
        var data = new Option<string?>("--data") { Description = "Where the run's data set is now. Default: where it was." };
        var validation = new Option<string?>("--validation")
        {
            Description = "Where the run's separate held-out data set is now, if it had one. Default: where it was.",
        };
        var output = new Option<string?>("--output") { Description = $"The file. Default: {ReportPage.UsualFile} in the run's folder." };
        var devices = new Option<string>("--devices") { Description = "Device of each column.", DefaultValueFactory = _ => "cpu" };
        var threads = CommonOptions.Threads();
        var command = new Command("report", """
            Write a run as one HTML file: learning curves, the first filters of each column, confusions, the most confident errors with
            their pictures, recipe and manifest. 'alexnet train' writes one at its end; this command writes it again, or earlier.

            Example: alexnet report --run runs/first
            """)
        {
            run, checkpoint, data, validation, output, devices, threads,
        };
        command.SetAction(parsed =>
        {
            TorchRuntime.Prepare(parsed.GetValue(threads));
            var folder = parsed.GetValue(run) ?? throw new InputException("Name a --run.");
            var kept = RunCheckpoint.Open(folder, parsed.GetValue(checkpoint));
            var beside = Directory.Exists(folder) ? folder : Path.GetDirectoryName(folder) ?? ".";
            var file = parsed.GetValue(output) ?? Path.Combine(beside, ReportPage.UsualFile);
            var paths = new DataPaths(
                parsed.GetValue(data) ?? kept.State.DataSetPath, parsed.GetValue(validation) ?? kept.State.HeldOut?.Path);
            WholeFile.Write(file, ReportPage.Of(kept, Measured(kept, folder, paths, parsed.GetValue(devices) ?? "cpu", stop)));
            Console.WriteLine($"written {file}");
            return ExitCode.Done;
        });
        return command;
    }

    private static MeasuredRun? Measured(Checkpoint kept, string folder, DataPaths paths, string devices, CancellationToken stop)
    {
        if (kept.State.ValidationImages == 0)
        {
            return null;
        }

        using var sets = DataSets.Open(paths);
        sets.RequireThoseOf(kept.State);
        var heldOut = sets.Judged(kept.State.Recipe.Share, kept.State.Architecture.Geometry.Canvas, stop);
        return MeasuredRun.Of(kept, folder, heldOut, devices, stop);
    }
}
