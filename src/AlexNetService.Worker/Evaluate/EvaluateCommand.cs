using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using AlexNetService.Imaging;
using AlexNetService.Inference.Ensembles;
using AlexNetService.Inference.Sessions;
using AlexNetService.ModelSpec.Files;
using AlexNetService.Training.Data;
using AlexNetService.Training.Loop;
using AlexNetService.Training.Network;
using AlexNetService.Worker.Train;

namespace AlexNetService.Worker.Evaluate;

/// <summary><c>alexnet evaluate</c>: top-1 and top-5 error of packages, of their ensemble, or of a run, on a labelled data set.</summary>
internal static class EvaluateCommand
{
    public static Command Create(CancellationToken stop)
    {
        var packages = new Option<string[]>("--package")
        {
            Description = "Package folders, …/NAME/VERSION; several are also measured as an ensemble.",
            AllowMultipleArgumentsPerToken = true,
        };
        var run = new Option<string?>("--run") { Description = "A run's folder instead, or one of its checkpoint files, measured in torch." };
        var checkpoint = CommonOptions.Checkpoint();
        var data = new Option<string?>("--data") { Description = "Labelled data set; its class folders must be labels of the models." };
        var fraction = CommonOptions.Number(
            "--validation-fraction", "Measure only what 'alexnet train --validation-fraction' of the same value holds out. Default: everything.");
        var crops = new Option<int>("--crops") { Description = "Views averaged for each photograph: 1 (centre) or 10.", DefaultValueFactory = _ => 10 };
        crops.AcceptOnlyFromAmong([.. CropViews.Counts.Select(count => count.ToString(CultureInfo.InvariantCulture))]);
        var json = new Option<string?>("--json") { Description = "Also write the errors to this file." };
        var devices = new Option<string>("--devices")
        {
            Description = "cpu or cuda:N; with --run one device a column: cuda:0,cuda:1.",
            DefaultValueFactory = _ => "cpu",
        };
        var threads = CommonOptions.Threads();
        var command = new Command("evaluate", """
            Measure top-1 and top-5 error on labelled photographs.

            Example: alexnet evaluate --package models/first/1 models/second/1 --data photographs.zip --validation-fraction 0.1
            """)
        {
            packages, run, checkpoint, data, fraction, crops, json, devices, threads,
        };
        command.SetAction(parsed =>
        {
            using var source = DataSetOpener.Open(parsed.GetValue(data) ?? throw new InputException("Name the --data to measure on."));
            var photographs = Chosen(source, parsed.GetValue(fraction));
            var views = (TestViews)parsed.GetValue(crops);
            var device = parsed.GetValue(devices) ?? "cpu";
            var results = (parsed.GetValue(packages), parsed.GetValue(run)) switch
            {
                ({ Length: > 0 } folders, null) => PackageErrors.Measure(
                    folders, source, photographs, views, new RuntimeOptions { Device = device, Threads = parsed.GetValue(threads) }, stop),
                (null or [], { } folder) => [OfRun(RunCheckpoint.Open(folder, parsed.GetValue(checkpoint)), folder, source, photographs, parsed.GetValue(fraction), views, device, parsed.GetValue(threads), stop)],
                _ => throw new InputException("Name either --package folders or a --run."),
            };
            ErrorTable.Print(results);
            if (parsed.GetValue(json) is { } file)
            {
                WholeFile.Write(file, JsonSerializer.SerializeToUtf8Bytes([.. results], WorkerJson.Indented.MeasuredErrorArray));
            }

            return ExitCode.Done;
        });
        return command;
    }

    private static IReadOnlyList<Photograph> Chosen(LabelledPhotographs source, double? fraction)
    {
        if (fraction is not { } share)
        {
            return source.Photographs;
        }

        if (share is not (> 0 and < 1))
        {
            throw new InputException($"A validation fraction of {share.ToString(CultureInfo.InvariantCulture)} is impossible; use a share between 0 and 1.");
        }

        var heldOut = source.Split(share).HeldOut;
        return heldOut.Count > 0
            ? heldOut
            : throw new InputException($"That fraction of '{source.Name}' holds out no photograph. Use a larger --validation-fraction, or none to measure all.");
    }

    private static MeasuredError OfRun(
        Checkpoint checkpoint,
        string folder,
        LabelledPhotographs source,
        IReadOnlyList<Photograph> photographs,
        double? fraction,
        TestViews views,
        string devices,
        int threads,
        CancellationToken stop)
    {
        TorchRuntime.Prepare(threads);
        var state = checkpoint.State;
        if (source.Sha256 == state.DataSetSha256 && state.HeldOut is null && fraction != state.Recipe.ValidationFraction)
        {
            TrainingDisplay.Warn(string.Create(
                CultureInfo.InvariantCulture,
                $"the run learned from some of these photographs; --validation-fraction {state.Recipe.ValidationFraction} measures only those it did not see."));
        }

        using var network = new ColumnNetwork(state.Architecture, ColumnPlacement.Parse(devices, state.Architecture.Columns));
        ColumnWeights.Load(network, checkpoint.Weights);
        var classes = ClassMatch.Of(source.Labels, state.Labels, folder);
        var canvases = Canvases.Load(source, photographs, state.Architecture.Geometry.Canvas, stop);
        var windows = CropViews.Of((int)views, state.Architecture.Geometry);
        var augmentation = new Augmentation(state.Architecture.Geometry, state.Colours, colourShift: 0);
        var probabilities = Validation.Probabilities(network, canvases, augmentation, windows, stop);
        return MeasuredError.Of($"{folder} {RunCheckpoint.Place(state)}", windows.Length, canvases, classes, probabilities);
    }
}
