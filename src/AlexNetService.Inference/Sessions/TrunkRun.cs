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

    private readonly ModelGraphs model;
    private readonly SplitGraph split;
    private readonly Preprocessing input;
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

    /// <param name="tensors">
    /// Pixels and maps of canvases, pixels and maps of crops, and the places of windows where they are cut on the device.
    /// </param>
    /// <param name="target">Input of the rest, a row a crop.</param>
    public TrunkRun(ModelGraphs model, OpenGraph trunk, SplitGraph split, ReadOnlySpan<RunTensor> tensors, RunTensor target)
    {
        (this.model, this.split, input, this.target) = (model, split, model.Card.Preprocessing, target);
        (canvasPixels, canvasMaps, cropPixels, cropMaps) = (tensors[0], tensors[1], tensors[2], tensors[3]);
        packing = new PixelPacking(input, input.Canvas);
        canvases = new GraphRun(trunk, canvasPixels, [canvasMaps]);
        crops = new GraphRun(trunk, cropPixels, [cropMaps]);
        if (model.Cut is { } cut)
        {
            places = tensors[4];
            canvasWindows = new GraphRun(cut, places, [target.As(WindowCut.Windows)], canvasMaps.As(WindowCut.Maps));
            cropWindows = new GraphRun(cut, places, [target.As(WindowCut.Windows)], cropMaps.As(WindowCut.Maps));
        }

        rowsOfCrops = new int[cropPixels.Rows];
    }

    public void Begin() => pending = 0;

    /// <summary>Where the pixels of a crop that comes alone are written; its maps go to a row of the rest's input.</summary>
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

    /// <summary>
    /// Runs a canvas, [3,canvas,canvas], 0..255, red plane first, and cuts the maps of its windows into the rest's input, from a row on.
    /// </summary>
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

        crops.Run(0, model.Padded(pending, cropPixels.Rows));
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
    /// Takes a window out of a row of maps, [maps,side,side], into the row of a crop in the rest's input, [maps,cropSide,cropSide]. Where
    /// the maps are on the device, this notes the places, and a run of the graph that cuts windows takes them.
    /// </summary>
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

        var bytes = target.Tensor.ValueBytes;
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
