using AlexNetService.Imaging;
using AlexNetService.ModelSpec.Package;

namespace AlexNetService.Inference.Sessions;

/// <summary>
/// The trunk of a split network. It runs on a canvas and on its mirror, and the maps of the crops are windows of the result; see
/// <see cref="SplitGraph"/>. A crop that comes alone goes through the trunk by itself.
/// </summary>
internal sealed class TrunkRun : IDisposable
{
    private const int Plain = 0;
    private const int Mirror = 1;

    private readonly SplitGraph split;
    private readonly Preprocessing input;
    private readonly BatchSizes sizes;
    private readonly PixelPacking packing;
    private readonly RunTensor canvasPixels;
    private readonly RunTensor canvasMaps;
    private readonly RunTensor cropPixels;
    private readonly RunTensor cropMaps;
    private readonly RunTensor target;
    private readonly GraphRun canvases;
    private readonly GraphRun crops;
    private readonly int[] rowsOfCrops;
    private int pending;

    /// <param name="graph">The trunk.</param>
    /// <param name="split">Geometry of the maps.</param>
    /// <param name="input">Geometry of canvas and crops.</param>
    /// <param name="sizes">Rows that graphs may run on.</param>
    /// <param name="tensors">Pixels and maps of canvases, pixels and maps of crops.</param>
    /// <param name="target">Input of the rest, a row a crop.</param>
    public TrunkRun(
        ModelGraph graph, SplitGraph split, Preprocessing input, BatchSizes sizes, ReadOnlySpan<RunTensor> tensors, RunTensor target)
    {
        (this.split, this.input, this.target) = (split, input, target);
        (canvasPixels, canvasMaps, cropPixels, cropMaps) = (tensors[0], tensors[1], tensors[2], tensors[3]);
        this.sizes = sizes.UpTo(cropPixels.Rows);
        packing = new PixelPacking(input, input.Canvas);
        canvases = new GraphRun(graph, canvasPixels, [canvasMaps]);
        crops = new GraphRun(graph, cropPixels, [cropMaps]);
        rowsOfCrops = new int[cropPixels.Rows];
    }

    public void Begin() => pending = 0;

    /// <summary>Where the pixels of a crop that comes alone are written.</summary>
    /// <param name="row">Row of the rest's input that its maps are for.</param>
    public Span<byte> Next(int row)
    {
        if (pending == rowsOfCrops.Length)
        {
            RunCrops();
        }

        rowsOfCrops[pending] = row;
        return cropPixels.Row(pending++);
    }

    /// <summary>Whether the canvas takes less work than the crops.</summary>
    public bool IsWorthwhile(ReadOnlySpan<CropWindow> windows)
    {
        var (plain, mirrored) = Orientations(windows);
        var rows = (plain ? 1 : 0) + (mirrored ? 1 : 0);
        return (long)windows.Length * input.Crop * input.Crop > (long)rows * input.Canvas * input.Canvas;
    }

    /// <summary>Runs a canvas, and cuts the maps of its windows into the rest's input.</summary>
    /// <param name="canvas">[3,canvas,canvas], 0..255, red plane first.</param>
    /// <param name="windows">Parts of the canvas.</param>
    /// <param name="first">Row of the rest's input for the first window.</param>
    public void Run(ReadOnlySpan<byte> canvas, ReadOnlySpan<CropWindow> windows, int first)
    {
        var (plain, mirrored) = Orientations(windows);
        var mirrorRow = plain ? Mirror : Plain;
        if (plain)
        {
            packing.Pack(canvas, canvasPixels.Row(Plain));
        }

        if (mirrored)
        {
            packing.Pack(canvas, new CropWindow(0, 0, Mirrored: true), canvasPixels.Row(mirrorRow));
        }

        canvases.Run(0, mirrored ? mirrorRow + 1 : 1);
        for (var i = 0; i < windows.Length; i++)
        {
            Cut(canvasMaps.Row(windows[i].Mirrored ? mirrorRow : Plain), windows[i], target.Row(first + i));
        }
    }

    /// <summary>Runs the crops that came alone.</summary>
    public void RunCrops()
    {
        if (pending == 0)
        {
            return;
        }

        crops.Run(0, sizes.Padded(pending));
        for (var i = 0; i < pending; i++)
        {
            cropMaps.Row(i).CopyTo(target.Row(rowsOfCrops[i]));
        }

        pending = 0;
    }

    public void Dispose()
    {
        canvases.Dispose();
        crops.Dispose();
    }

    private static (bool Plain, bool Mirrored) Orientations(ReadOnlySpan<CropWindow> windows)
    {
        var (plain, mirrored) = (false, false);
        foreach (var window in windows)
        {
            (plain, mirrored) = (plain || !window.Mirrored, mirrored || window.Mirrored);
        }

        return (plain, mirrored);
    }

    /// <param name="maps">[maps,canvasSide,canvasSide] of the canvas, or of its mirror.</param>
    /// <param name="window">The crop. A mirrored one was cut first and then flipped: in the mirror it lies at the other end.</param>
    /// <param name="crop">[maps,cropSide,cropSide].</param>
    private void Cut(ReadOnlySpan<byte> maps, CropWindow window, Span<byte> crop)
    {
        var left = (window.Mirrored ? input.Canvas - input.Crop - window.Left : window.Left) / split.Step;
        var top = window.Top / split.Step;
        var bytes = GraphTensor.BytesOf(target.Tensor.Type);
        var (canvasRow, cropRow) = (split.CanvasSide * bytes, split.CropSide * bytes);
        for (var map = 0; map < split.Count; map++)
        {
            var source = maps.Slice((((map * split.CanvasSide) + top) * canvasRow) + (left * bytes));
            var rows = crop.Slice(map * split.CropSide * cropRow, split.CropSide * cropRow);
            for (var y = 0; y < split.CropSide; y++)
            {
                source.Slice(y * canvasRow, cropRow).CopyTo(rows.Slice(y * cropRow, cropRow));
            }
        }
    }
}
