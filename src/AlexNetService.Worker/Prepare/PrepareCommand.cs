using System.CommandLine;
using AlexNetService.Imaging;
using AlexNetService.ModelSpec.Architecture;
using AlexNetService.Training.Data;
using AlexNetService.Training.Data.Preparation;

namespace AlexNetService.Worker.Prepare;

/// <summary><c>alexnet prepare</c>: any data set → shards of canvas-sized JPEGs and their statistics, which open and decode fast.</summary>
internal static class PrepareCommand
{
    private const int MostThreads = 1024;

    private static readonly int UsualCanvas = AlexNetLayers.ForImageNet().Geometry.Canvas;

    public static Command Create(CancellationToken stop)
    {
        var data = new Option<string?>("--data") { Description = $"Data set: {DataSetOpener.Kinds}." };
        var output = new Option<string?>("--output")
        {
            Description = "Folder for shards and statistics: new or empty, or one where the same command was stopped.",
        };
        var canvas = new Option<int?>("--canvas")
        {
            Description = $"Side of the pictures written, in pixels. Default: the preset's, or {UsualCanvas}.",
        };
        var preset = CommonOptions.Preset();
        var quality = new Option<int>("--quality")
        {
            Description = "JPEG quality, 1 to 100.",
            DefaultValueFactory = _ => PreparationPlan.UsualQuality,
        };
        var shardSize = new Option<int>("--shard-size")
        {
            Description = "Photographs in a shard.",
            DefaultValueFactory = _ => PreparationPlan.UsualShardSize,
        };
        var threads = new Option<int>("--threads") { Description = "Photographs worked on at once; 0 for one a core.", DefaultValueFactory = _ => 0 };
        canvas.Validators.Add(result => Require(result, 1, CanvasDecoder.MaxCanvasSide));
        quality.Validators.Add(result => Require(result, 1, 100));
        shardSize.Validators.Add(result => Require(result, 1, int.MaxValue));
        threads.Validators.Add(result => Require(result, 0, MostThreads));
        var command = new Command("prepare", """
            Write a data set as WebDataset shards of JPEGs of canvas size, with statistics.json: mean colour, mean image, principal
            components of the colours, counts, hashes. Training reads the folder like any data set, only faster. Stop it at any
            time; the same command goes on and ends with the same bytes.

            Example: alexnet prepare --data imagenet/ILSVRC2012_img_train.tar --preset alexnet --output prepared/imagenet
            """)
        {
            data, output, canvas, preset, quality, shardSize, threads,
        };
        command.SetAction(parsed =>
        {
            var path = parsed.GetValue(data) ?? throw new InputException("Name the --data to prepare.");
            var folder = parsed.GetValue(output) ?? throw new InputException("Name the --output folder.");
            if (parsed.GetValue(canvas) is not null && parsed.GetValue(preset) is not null)
            {
                throw new InputException("Name either a --canvas or a --preset, whose canvas it is.");
            }

            var side = parsed.GetValue(preset) is { } name
                ? CommonOptions.Architecture(name, classes: 2).Geometry.Canvas
                : parsed.GetValue(canvas) ?? UsualCanvas;
            using var source = DataSetOpener.Open(path);
            var plan = new PreparationPlan(
                source.Name, source.Sha256, source.Photographs.Count, side, parsed.GetValue(quality), parsed.GetValue(shardSize));
            return Run(source, plan, folder, parsed.GetValue(threads) is > 0 and var some ? some : Environment.ProcessorCount, stop);
        });
        return command;
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
            Console.WriteLine("stopped; finished shards are kept. The same command goes on from there.");
            return ExitCode.Stopped;
        }
        catch
        {
            display.EndLine();
            throw;
        }
    }

    private static void Require(System.CommandLine.Parsing.OptionResult result, int least, int most)
    {
        if (result.Tokens is [var token] && int.TryParse(token.Value, out var number) && (number < least || number > most))
        {
            result.AddError(most == int.MaxValue ? $"{result.Option.Name} takes {least} or more." : $"{result.Option.Name} takes {least} to {most}.");
        }
    }
}
