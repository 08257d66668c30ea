using System.Buffers;
using AlexNetService.Imaging;
using AlexNetService.Inference.Ensembles;
using AlexNetService.Inference.Explanations;
using AlexNetService.Inference.Sessions;
using AlexNetService.ModelSpec.Architecture;

namespace AlexNetService.Inference.Requests;

/// <summary>
/// Asks how much the answer to a photograph depends on each of its parts: covers one part of the canvas after the other, asks all models
/// about the same views of it, and measures how much the mean probability of a class falls (Zeiler and Fergus 2014 §4.2). About one run of
/// each model is in the queue at a time.
/// </summary>
public sealed class OcclusionRequest : InferenceRequest
{
    private readonly OcclusionGrid grid;
    private readonly int? classIndex;
    private readonly int[] sides;
    private readonly CropWindow[][] windows;
    private readonly byte[][] covered;
    private readonly float[] falls;
    private readonly float[] mean;
    private byte[] plain = [];
    private byte[] fill = [];
    private float[] rows = [];
    private int together;
    private int read;
    private int planned;
    private int label;
    private float probability;

    /// <summary>
    /// Makes a request about the class of an index or, without one, the most probable class. The grid is for the smallest canvas of the
    /// models. The photograph's bytes must not change until the request is answered.
    /// </summary>
    /// <exception cref="ArgumentException">The grid is for another canvas, or there is no such class.</exception>
    public OcclusionRequest(
        ReadOnlyMemory<byte> photograph, Ensemble ensemble, TestViews views, OcclusionGrid grid, int? classIndex)
        : base(ensemble, photograph)
    {
        (Views, this.grid, this.classIndex) = (views, grid, classIndex);
        sides = [.. ensemble.CanvasSides];
        if (grid.Canvas != sides.Min() || classIndex < 0 || classIndex >= ensemble.Labels.Count)
        {
            throw new ArgumentException(
                $"The smallest canvas has {sides.Min()} pixels a side, and there are {ensemble.Labels.Count} classes.");
        }

        windows =
        [
            .. ensemble.Members.Select(member => member.Session.Card.Preprocessing)
                .Select(input => CropViews.Of((int)views, new CropGeometry(input.Canvas, input.Crop))),
        ];
        covered = new byte[sides.Length][];
        (falls, mean) = (new float[grid.Count], new float[ensemble.Labels.Count]);
    }

    /// <summary>Which crops are averaged.</summary>
    public TestViews Views { get; }

    internal override bool HasMore => planned < Count;

    /// <summary>The canvas with nothing covered, then a canvas for each place.</summary>
    private int Count => 1 + grid.Count;

    private int CropsOfACanvas => Ensemble.Members.Count * (int)Views;

    /// <summary>Values of a canvas: [members,classes].</summary>
    private int RowLength => Ensemble.Members.Count * mean.Length;

    internal override int Plan(int limit)
    {
        var most = Math.Min(Ensemble.MaxCropsPerRun / (int)Views, limit / CropsOfACanvas);
        together = Math.Clamp(most, 1, Count);
        return together * CropsOfACanvas;
    }

    internal override CropJob[] Next()
    {
        if (planned == 0)
        {
            plain = Canvas(grid.Canvas).ToArray();
            fill = MeanColour(plain);
            rows = ArrayPool<float>.Shared.Rent(together * RowLength);
            for (var i = 0; i < covered.Length; i++)
            {
                covered[i] = ArrayPool<byte>.Shared.Rent(together * Canvas(sides[i]).Length);
            }
        }

        ReadRows();
        var jobs = new List<CropJob>();
        for (var row = 0; row < together && planned < Count; row++, planned++)
        {
            for (var i = 0; i < covered.Length; i++)
            {
                Cover(planned, sides[i], Covered(i, row).Span);
            }

            for (var member = 0; member < windows.Length; member++)
            {
                var session = Ensemble.Members[member].Session;
                var values = rows.AsMemory((row * RowLength) + (member * mean.Length), mean.Length);
                jobs.Add(new CropJob(
                    this,
                    session,
                    Covered(Array.IndexOf(sides, session.Card.Preprocessing.Canvas), row),
                    windows[member],
                    areTensor: false,
                    new CropOutputs { Probabilities = values }));
            }
        }

        return [.. jobs];
    }

    internal override InferenceResult Answer(InferenceTiming timing)
    {
        ReadRows();
        return new InferenceResult.Explained(
            new OcclusionMap(Ensemble.Labels[label], probability, grid, fill, falls, plain), timing);
    }

    internal override void Release()
    {
        foreach (var canvases in covered.OfType<byte[]>())
        {
            ArrayPool<byte>.Shared.Return(canvases);
        }

        ArrayPool<float>.Shared.Return(rows);
        base.Release();
    }

    /// <summary>The memory of a covered canvas: of a side, by its place among the sides, and of a row of this step.</summary>
    private Memory<byte> Covered(int side, int row)
    {
        var length = Canvas(sides[side]).Length;
        return covered[side].AsMemory(row * length, length);
    }

    private void Cover(int number, int side, Span<byte> canvas)
    {
        Canvas(side).Span.CopyTo(canvas);
        if (number > 0)
        {
            grid.Cover(number - 1, fill, canvas, side);
        }
    }

    /// <summary>Reads the values of the canvases that have run since the last call.</summary>
    private void ReadRows()
    {
        for (var row = 0; read < planned; row++, read++)
        {
            Ensemble.Mean(rows.AsSpan(row * RowLength, RowLength), mean);
            if (read == 0)
            {
                label = classIndex ?? Prediction.Top(mean, Ensemble.Labels, 1)[0].Label.Index;
                probability = mean[label];
            }
            else
            {
                falls[read - 1] = probability - mean[label];
            }
        }
    }

    /// <summary>The canvas's own mean colour covers a part without adding anything new to the picture.</summary>
    private static byte[] MeanColour(byte[] pixels) =>
    [
        .. pixels.Chunk(pixels.Length / NetworkArchitecture.Channels)
            .Select(plane => (byte)Math.Round(plane.Average(value => (double)value))),
    ];
}
