namespace AlexNetService.Worker.Prepare;

/// <summary><c>alexnet prepare</c>: any data set → shards of canvas-sized JPEGs with statistics, which open and decode fast.</summary>
internal sealed class PrepareCommand : Command
{
    private static readonly int UsualCanvas = AlexNetLayers.ForImageNet().Geometry.Canvas;

    private readonly Option<string?> data = CommonOptions.Text("--data", $"Data set: {DataSetOpener.Kinds}.");

    private readonly Option<string?> output = CommonOptions.Text(
        "--output", "Folder for shards and statistics: new or empty, or one where the same command was stopped.");

    private readonly Option<int?> canvas = CommonOptions.Of<int?>(
        "--canvas", $"Side of the pictures written, in pixels. Default: the preset's, or {UsualCanvas}.")
        .Range(1, CanvasDecoder.MaxCanvasSide);

    private readonly Option<string?> preset = CommonOptions.Preset();
    private readonly Option<int> quality = CommonOptions.Of(
        "--quality", "JPEG quality, 1 to 100.", PreparationPlan.UsualQuality).Range(1, 100);
    private readonly Option<int> shardSize = CommonOptions.Of(
        "--shard-size", "Photographs in a shard.", PreparationPlan.UsualShardSize).Range(1);
    private readonly Option<int> threads = CommonOptions.Threads();
    private readonly CancellationToken stop;

    public PrepareCommand(CancellationToken stop)
        : base("prepare", """
            Write a data set as WebDataset shards of JPEGs of canvas size, with statistics.json: mean colour, mean image, principal
            components of the colours, counts, hashes. Training reads the folder like any data set, only faster. After a stop the same
            command continues and ends with the same bytes.

            Example: alexnet prepare --data imagenet/ILSVRC2012_img_train.tar --preset alexnet --output prepared/imagenet
            """)
    {
        this.stop = stop;
        threads.Description = "Photographs processed at once; 0 for one a core.";
        this.AddAll(data, output, canvas, preset, quality, shardSize, threads);
        SetAction(Run);
    }

    private int Run(ParseResult parsed)
    {
        var path = parsed.GetValue(data) ?? throw new InputException("Name the --data to prepare.");
        var folder = parsed.GetValue(output) ?? throw new InputException("Name the --output folder.");
        InputException.ThrowIf(
            parsed.GetValue(canvas) is not null && parsed.GetValue(preset) is not null,
            "Name either a --canvas or a --preset, which has a canvas of its own.");
        var side = parsed.GetValue(preset) is { } name
            ? CommonOptions.Architecture(name, classes: 2).Geometry.Canvas
            : parsed.GetValue(canvas) ?? UsualCanvas;
        using var source = DataSetOpener.Open(path);
        TrainingDisplay.Warn(source.Findings);
        InputException.ThrowIf(
            source.IsDivided,
            $"'{path}' is divided by its folders, and shards have no such division. Prepare each folder by itself, and name that of "
            + "the held-out photographs as the --validation of 'alexnet train'.");
        var plan = new PreparationPlan(
            source.Name, source.Sha256, source.Photographs.Count, side, parsed.GetValue(quality), parsed.GetValue(shardSize));
        var display = new PrepareDisplay();
        var preparation = new Preparation(source, plan, folder, CommonOptions.Cores(parsed.GetValue(threads)), display);
        Console.WriteLine(
            $"{plan.Source}: {plan.Photographs} photographs of {source.Labels.Count} classes → {folder}, "
            + $"{plan.Shards} shards of {plan.Canvas}×{plan.Canvas} pixels, quality {plan.Quality}");
        try
        {
            display.Done(preparation.Run(stop), preparation.Unreadable, folder);
            return ExitCode.Done;
        }
        catch (OperationCanceledException)
        {
            display.EndLine();
            Console.WriteLine("stopped; finished shards are kept. The same command continues from there.");
            return ExitCode.Stopped;
        }
        catch
        {
            display.EndLine();
            throw;
        }
    }
}
