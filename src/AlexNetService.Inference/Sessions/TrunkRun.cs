using System.Runtime.InteropServices;
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
    private readonly RunTensor? places;
    private readonly GraphRun? canvasWindows;
    private readonly GraphRun? cropWindows;
    private readonly int[] rowsOfCrops;
    private int pending;

    /// <param name="layout">A model that is split.</param>
    /// <param name="tensors">
    /// Pixels and maps of canvases, pixels and maps of crops, and the places of windows where they are cut on the device.
    /// </param>
    /// <param name="target">Input of the rest, a row a crop.</param>
    public TrunkRun(RunLayout layout, ReadOnlySpan<RunTensor> tensors, RunTensor target)
    {
        if (layout is not { Trunk.Split: { } geometry, TrunkGraph: { } graph })
        {
            throw new ArgumentException("The model is not split.", nameof(layout));
        }

        (split, input, this.target) = (geometry, layout.Card.Preprocessing, target);
        (canvasPixels, canvasMaps, cropPixels, cropMaps) = (tensors[0], tensors[1], tensors[2], tensors[3]);
        sizes = layout.Sizes.UpTo(cropPixels.Rows);
        packing = new PixelPacking(input, input.Canvas);
        canvases = new GraphRun(graph, canvasPixels, [canvasMaps]);
        crops = new GraphRun(graph, cropPixels, [cropMaps]);
        if (layout.CutGraph is { } cut)
        {
            places = tensors[4];
            canvasWindows = new GraphRun(cut, places, [target.As(WindowCut.Windows)], canvasMaps.As(WindowCut.Maps));
            cropWindows = new GraphRun(cut, places, [target.As(WindowCut.Windows)], cropMaps.As(WindowCut.Maps));
        }

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
            // A mirrored crop was cut first and then flipped: in the mirror it lies at the other end.
            var window = windows[i];
            var left = window.Mirrored ? input.Canvas - input.Crop - window.Left : window.Left;
            var row = window.Mirrored ? mirrorRow : Plain;
            Take(canvasMaps, row, split.CanvasSide, left / split.Step, window.Top / split.Step, first + i);
        }

        canvasWindows?.Run(first, windows.Length);
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
            Take(cropMaps, i, split.CropSide, left: 0, top: 0, rowsOfCrops[i]);
        }

        for (var (begin, end) = (0, 0); cropWindows is not null && begin < pending; begin = end)
        {
            for (end = begin + 1; end < pending && rowsOfCrops[end] == rowsOfCrops[end - 1] + 1;)
            {
                end++;
            }

            cropWindows.Run(rowsOfCrops[begin], end - begin);
        }

        pending = 0;
    }

    public void Dispose()
    {
        canvases.Dispose();
        crops.Dispose();
        canvasWindows?.Dispose();
        cropWindows?.Dispose();
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

    /// <summary>
    /// Takes a window out of maps into a row of the rest's input. Where the maps are on the device, this notes the places, and a run of
    /// the graph that cuts windows takes them.
    /// </summary>
    /// <param name="maps">A row is [maps,side,side].</param>
    /// <param name="row">The row.</param>
    /// <param name="side">Side of the maps.</param>
    /// <param name="left">Where the window begins.</param>
    /// <param name="top">Where the window begins.</param>
    /// <param name="crop">Row of the rest's input, [maps,cropSide,cropSide].</param>
    private void Take(RunTensor maps, int row, int side, int left, int top, int crop)
    {
        if (places is null)
        {
            Copy(maps.Row(row), side, left, top, target.Row(crop));
            return;
        }

        var of = MemoryMarshal.Cast<byte, int>(places.Row(crop));
        for (var y = 0; y < split.CropSide; y++)
        {
            var begin = (((row * side) + top + y) * side) + left;
            for (var x = 0; x < split.CropSide; x++)
            {
                of[(y * split.CropSide) + x] = begin + x;
            }
        }
    }

    private void Copy(ReadOnlySpan<byte> maps, int side, int left, int top, Span<byte> crop)
    {
        if (side == split.CropSide)
        {
            maps.CopyTo(crop);
            return;
        }

        var bytes = GraphTensor.BytesOf(target.Tensor.Type);
        var (mapsRow, cropRow) = (side * bytes, split.CropSide * bytes);
        for (var map = 0; map < split.Count; map++)
        {
            var source = maps.Slice((((map * side) + top) * mapsRow) + (left * bytes));
            var rows = crop.Slice(map * split.CropSide * cropRow, split.CropSide * cropRow);
            for (var y = 0; y < split.CropSide; y++)
            {
                source.Slice(y * mapsRow, cropRow).CopyTo(rows.Slice(y * cropRow, cropRow));
            }
        }
    }
}
