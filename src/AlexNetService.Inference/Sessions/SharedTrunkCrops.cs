using AlexNetService.Imaging;
using AlexNetService.ModelSpec.Package;

namespace AlexNetService.Inference.Sessions;

/// <summary>
/// The trunk runs on a canvas and on its mirror, and the maps of the crops are windows of what it gives; see <see cref="SplitGraph"/>. A
/// crop that comes alone goes through the trunk by itself.
/// </summary>
/// <param name="split">Geometry of the maps.</param>
/// <param name="input">Geometry of canvas and crops.</param>
/// <param name="canvases">The trunk over a canvas and its mirror, two rows.</param>
/// <param name="crops">The trunk over crops.</param>
/// <param name="sizes">Rows that the trunk may run on crops.</param>
/// <param name="target">Input of the rest, a row for each crop.</param>
internal sealed class SharedTrunkCrops(
    SplitGraph split, Preprocessing input, TrunkRun canvases, TrunkRun crops, BatchSizes sizes, TensorMemory target) : CropSource
{
    private const int Plain = 0;
    private const int Mirror = 1;

    private readonly int valueBytes = TensorPlan.BytesOf(SplitBinding.TypeOf(split.Type));
    private readonly int[] rowsOfCrops = new int[crops.Pixels.Rows];
    private int pending;

    public override void Begin() => pending = 0;

    public override void Put(int row, ReadOnlySpan<byte> crop)
    {
        crops.Pixels.Write(pending, crop);
        Wait(row);
    }

    public override void PutTensor(int row, ReadOnlySpan<byte> tensor)
    {
        crops.Pixels.WriteTensor(pending, tensor);
        Wait(row);
    }

    public override void Put(int row, ReadOnlySpan<byte> canvas, ReadOnlySpan<CropWindow> windows)
    {
        var (plain, mirrored) = (0, 0);
        foreach (var window in windows)
        {
            _ = window.Mirrored ? mirrored++ : plain++;
        }

        var canvasRows = Math.Sign(plain) + Math.Sign(mirrored);
        if ((long)windows.Length * input.Crop * input.Crop <= (long)canvasRows * input.Canvas * input.Canvas)
        {
            for (var i = 0; i < windows.Length; i++)
            {
                crops.Pixels.Write(pending, canvas, input.Canvas, windows[i]);
                Wait(row + i);
            }

            return;
        }

        var mirrorRow = plain > 0 ? Mirror : Plain;
        if (plain > 0)
        {
            canvases.Pixels.Write(Plain, canvas);
        }

        if (mirrored > 0)
        {
            canvases.Pixels.Write(mirrorRow, canvas, input.Canvas, new CropWindow(0, 0, Mirrored: true));
        }

        canvases.Graph.Run(0, canvasRows, GraphRun.Maps);
        for (var i = 0; i < windows.Length; i++)
        {
            Cut(canvases.Maps.Row(windows[i].Mirrored ? mirrorRow : Plain), windows[i], target.Row(row + i));
        }
    }

    public override void Complete()
    {
        if (pending == 0)
        {
            return;
        }

        crops.Graph.Run(0, sizes.Padded(pending), GraphRun.Maps);
        for (var i = 0; i < pending; i++)
        {
            crops.Maps.Row(i).CopyTo(target.Row(rowsOfCrops[i]));
        }

        pending = 0;
    }

    public override void Dispose()
    {
        canvases.Graph.Dispose();
        crops.Graph.Dispose();
    }

    private void Wait(int row)
    {
        rowsOfCrops[pending++] = row;
        if (pending == rowsOfCrops.Length)
        {
            Complete();
        }
    }

    /// <param name="maps">[maps,canvasSide,canvasSide] of the canvas, or of its mirror.</param>
    /// <param name="window">The crop. A mirrored one was cut first and then flipped: in the mirror it lies at the other end.</param>
    /// <param name="crop">[maps,cropSide,cropSide].</param>
    private void Cut(ReadOnlySpan<byte> maps, CropWindow window, Span<byte> crop)
    {
        var left = (window.Mirrored ? input.Canvas - input.Crop - window.Left : window.Left) / split.Step;
        var top = window.Top / split.Step;
        var (canvasRow, cropRow) = (split.CanvasSide * valueBytes, split.CropSide * valueBytes);
        for (var map = 0; map < split.Count; map++)
        {
            var source = maps.Slice((((map * split.CanvasSide) + top) * canvasRow) + (left * valueBytes));
            var rows = crop.Slice(map * split.CropSide * cropRow, split.CropSide * cropRow);
            for (var y = 0; y < split.CropSide; y++)
            {
                source.Slice(y * canvasRow, cropRow).CopyTo(rows.Slice(y * cropRow, cropRow));
            }
        }
    }
}

/// <summary>The trunk over some rows of pixels.</summary>
/// <param name="Graph">The run.</param>
/// <param name="Pixels">Its input.</param>
/// <param name="Maps">Its output.</param>
internal sealed record TrunkRun(GraphRun Graph, PixelInput Pixels, TensorMemory Maps);
