using System.CommandLine;
using AlexNetService.Imaging;
using AlexNetService.ModelSpec.Architecture;
using AlexNetService.Training.Data;
using AlexNetService.Training.Data.Preparation;
using AlexNetService.Training.Runs;

namespace AlexNetService.Worker.Prepare;

/// <summary><c>alexnet prepare</c>: any data set → shards of canvas-sized JPEGs with statistics, which open and decode fast.</summary>
internal sealed class PrepareCommand
{
    private static readonly int UsualCanvas = AlexNetLayers.ForImageNet().Geometry.Canvas;

    private readonly Option<string?> data = new("--data") { Description = $"Data set: {DataSetOpener.Kinds}." };

    private readonly Option<string?> output = new("--output")
    {
        Description = "Folder for shards and statistics: new or empty, or one where the same command was stopped.",
    };

    private readonly Option<int?> canvas = new("--canvas")
    {
        Description = $"Side of the pictures written, in pixels. Default: the preset's, or {UsualCanvas}.",
    };

    private readonly Option<string?> preset = CommonOptions.Preset();

    private readonly Option<int> quality = new("--quality")
    {
        Description = "JPEG quality, 1 to 100.",
        DefaultValueFactory = _ => PreparationPlan.UsualQuality,
    };

    private readonly Option<int> shardSize = new("--shard-size")
    {
        Description = "Photographs in a shard.",
        DefaultValueFactory = _ => PreparationPlan.UsualShardSize,
    };

    private readonly Option<int> threads = CommonOptions.Threads();

    private PrepareCommand()
    {
        threads.Description = "Photographs processed at once; 0 for one a core.";
        canvas.RequireRange(1, CanvasDecoder.MaxCanvasSide);
        quality.RequireRange(1, 100);
        shardSize.RequireRange(1, int.MaxValue);
    }

    public static Command Create(CancellationToken stop)
    {
        var options = new PrepareCommand();
        var command = new Command("prepare", """
            Write a data set as WebDataset shards of JPEGs of canvas size, with statistics.json: mean colour, mean image, principal
            components of the colours, counts, hashes. Training reads the folder like any data set, only faster. After a stop the same
            command continues and ends with the same bytes.

            Example: alexnet prepare --data imagenet/ILSVRC2012_img_train.tar --preset alexnet --output prepared/imagenet
            """)
        {
            options.data, options.output, options.canvas, options.preset, options.quality, options.shardSize, options.threads,
        };
        command.SetAction(parsed => options.Run(parsed, stop));
        return command;
    }

    private int Run(ParseResult parsed, CancellationToken stop)
    {
        var path = parsed.GetValue(data) ?? throw new InputException("Name the --data to prepare.");
        var folder = parsed.GetValue(output) ?? throw new InputException("Name the --output folder.");
        if (parsed.GetValue(canvas) is not null && parsed.GetValue(preset) is not null)
        {
            throw new InputException("Name either a --canvas or a --preset, which has a canvas of its own.");
        }

        var side = parsed.GetValue(preset) is { } name
            ? CommonOptions.Architecture(name, classes: 2).Geometry.Canvas
            : parsed.GetValue(canvas) ?? UsualCanvas;
        using var source = DataSetOpener.Open(path);
        TrainingDisplay.Warn(source.Findings);
        if (source.IsDivided)
        {
            throw new InputException(
                $"'{path}' is divided by its folders, and shards have no such division. Prepare each folder by itself, and name that of "
                + "the held-out photographs as the --validation of 'alexnet train'.");
        }

        var plan = new PreparationPlan(
            source.Name, source.Sha256, source.Photographs.Count, side, parsed.GetValue(quality), parsed.GetValue(shardSize));
        return Run(source, plan, folder, parsed.GetValue(threads) is > 0 and var some ? some : Environment.ProcessorCount, stop);
    }

    private static int Run(LabelledPhotographs source, PreparationPlan plan, string folder, int threads, CancellationToken stop)
    {
        var display = new PrepareDisplay();
        var preparation = new Preparation(source, plan, folder, threads, display);
        PrepareDisplay.Begin(plan, source.Labels.Count, folder);
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
