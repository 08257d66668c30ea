using System.CommandLine;
using System.Text.Json;
using AlexNetService.Imaging;
using AlexNetService.ModelSpec.Architecture;
using AlexNetService.Training.Data;
using AlexNetService.Training.Network;

namespace AlexNetService.Worker.Evaluate;

/// <summary><c>alexnet evaluate</c>: top-1 and top-5 error of packages, of their ensemble, or of a run, on a labelled data set.</summary>
internal static class EvaluateCommand
{
    public static Command Create(CancellationToken stop)
    {
        var packages = new Option<string[]>("--package") { Description = "Package folders, …/NAME/VERSION; several are also measured as an ensemble.", AllowMultipleArgumentsPerToken = true };
        var run = new Option<string?>("--run") { Description = "A run's folder instead: its newest checkpoint, in torch." };
        var data = new Option<string?>("--data") { Description = "Labelled data set; its class folders must be labels of the models." };
        var fraction = new Option<double?>("--validation-fraction") { Description = "Measure only what 'alexnet train --validation-fraction' of the same value holds out." };
        var crops = new Option<int>("--crops") { Description = "Views averaged for each photograph: 1 (centre) or 10.", DefaultValueFactory = _ => 10 };
        crops.AcceptOnlyFromAmong("1", "10");
        var json = new Option<string?>("--json") { Description = "Also write the errors to this file." };
        var devices = CommonOptions.Devices();
        var threads = CommonOptions.Threads();
        var command = new Command("evaluate", """
            Measure top-1 and top-5 error on labelled photographs.

            Example: alexnet evaluate --package models/first/1 models/second/1 --data photographs.zip --validation-fraction 0.1
            """)
        {
            packages, run, data, fraction, crops, json, devices, threads,
        };
        command.SetAction(parsed =>
        {
            using var source = DataSetOpener.Open(parsed.GetValue(data) ?? throw new InputException("Name the --data to measure on."));
            var photographs = parsed.GetValue(fraction) is { } share ? source.Split(share).HeldOut : source.Photographs;
            CropWindow[] Views(CropGeometry geometry) => CropViews.Of(parsed.GetValue(crops), geometry);
            var results = (parsed.GetValue(packages), parsed.GetValue(run)) switch
            {
                ({ Length: > 0 } folders, null) => PackageErrors.Measure(folders, source, photographs, Views, parsed.GetValue(threads), stop),
                (null or [], { } folder) => MeasureRun(folder, source, photographs, Views, parsed.GetValue(devices) ?? "cpu", parsed.GetValue(threads), stop),
                _ => throw new InputException("Name either --package folders or a --run."),
            };
            ErrorTable.Print(results);
            if (parsed.GetValue(json) is { } file)
            {
                File.WriteAllText(file, JsonSerializer.Serialize([.. results], WorkerJson.Indented.MeasuredErrorArray));
            }

            return ExitCode.Done;
        });
        return command;
    }

    private static IReadOnlyList<MeasuredError> MeasureRun(
        string folder, LabelledPhotographs source, IReadOnlyList<Photograph> photographs, Func<CropGeometry, CropWindow[]> views, string devices, int threads, CancellationToken stop)
    {
        TorchRuntime.Prepare(threads);
        var checkpoint = Training.Loop.Checkpoint.Newest(folder, Train.TrainingDisplay.Warn);
        var architecture = checkpoint.State.Architecture;
        using var network = new ColumnNetwork(architecture, ColumnPlacement.Parse(devices, architecture.Columns));
        ColumnWeights.Load(network, checkpoint.Weights);
        var canvases = Canvases.Load(source, photographs, architecture.Geometry.Canvas, stop);
        var windows = views(architecture.Geometry);
        var augmentation = new Augmentation(architecture.Geometry, checkpoint.State.Colours, colourShift: 0);
        var probabilities = Training.Loop.Validation.Probabilities(network, canvases, augmentation, windows, stop);
        var classes = ClassMatch.Of(source.Labels, checkpoint.State.Labels, folder);
        return [MeasuredError.Of($"{folder} after epoch {checkpoint.State.Epochs.Count}", windows.Length, canvases, classes, probabilities)];
    }
}
