using System.Buffers;
using AlexNetService.Imaging;
using AlexNetService.Inference.Ensembles;
using AlexNetService.Inference.Explanations;
using AlexNetService.Inference.Sessions;
using AlexNetService.ModelSpec.Architecture;

namespace AlexNetService.Inference.Requests;

/// <summary>
/// Asks how much a class depends on each part of a photograph's centre crop: covers one part after the other and measures how much the
/// probability falls (Zeiler and Fergus 2014 §4.2). At most one run of the covered crops is in the queue at a time.
/// </summary>
public sealed class OcclusionRequest : InferenceRequest
{
    private readonly ModelSession session;
    private readonly OcclusionGrid grid;
    private readonly int? classIndex;
    private readonly byte[] plain;
    private readonly float[] falls;
    private byte[] fill = [];
    private byte[] crops = [];
    private float[] rows = [];
    private int together;
    private int read;
    private int planned;
    private int label;
    private float probability;

    /// <summary>
    /// Makes a request to one model, about the class of an index or, without one, the most probable class. The grid is for the model's
    /// crop. The photograph's bytes must not change until the request is answered.
    /// </summary>
    /// <exception cref="ArgumentException">There are several models, the grid is for another crop, or there is no such class.</exception>
    public OcclusionRequest(ReadOnlyMemory<byte> photograph, Ensemble ensemble, OcclusionGrid grid, int? classIndex)
        : base(ensemble, photograph)
    {
        (session, this.grid, this.classIndex) = (ensemble.Only, grid, classIndex);
        var crop = session.Card.Preprocessing.Crop;
        if (grid.Crop != crop || classIndex < 0 || classIndex >= session.Classes)
        {
            throw new ArgumentException($"'{session.Card.Name}' has crops of {crop} pixels and {session.Classes} classes.");
        }

        (plain, falls) = (new byte[session.CropBytes], new float[grid.Count]);
    }

    internal override bool HasMore => planned < Count;

    /// <summary>The crop with nothing covered, then a crop for each place.</summary>
    private int Count => 1 + grid.Count;

    internal override int Plan(int limit) => together = Math.Min(Count, Math.Min(session.MaxCropsPerRun, limit));

    internal override CropJob[] Next()
    {
        if (planned == 0)
        {
            var input = session.Card.Preprocessing;
            CropViews.Centre(new CropGeometry(input.Canvas, input.Crop))[0].CopyTo(
                Canvas(input.Canvas).Span, input.Canvas, plain, input.Crop);
            fill = MeanColour(plain);
            crops = ArrayPool<byte>.Shared.Rent(together * session.CropBytes);
            rows = ArrayPool<float>.Shared.Rent(together * session.Classes);
        }

        ReadRows();
        var count = Math.Min(together, Count - planned);
        for (var i = 0; i < count; i++, planned++)
        {
            var crop = crops.AsSpan(i * session.CropBytes, session.CropBytes);
            plain.CopyTo(crop);
            if (planned > 0)
            {
                grid.Cover(planned - 1, fill, crop);
            }
        }

        var outputs = new CropOutputs { Probabilities = rows.AsMemory(0, count * session.Classes) };
        return [new CropJob(this, session, crops.AsMemory(0, count * session.CropBytes), windows: null, areTensor: false, outputs)];
    }

    internal override InferenceResult Answer(InferenceTiming timing)
    {
        ReadRows();
        return new InferenceResult.Explained(
            new OcclusionMap(session.Card.Labels[label], probability, grid, fill, falls, plain), timing);
    }

    internal override void Release()
    {
        ArrayPool<byte>.Shared.Return(crops);
        ArrayPool<float>.Shared.Return(rows);
        base.Release();
    }

    /// <summary>Reads the rows of the crops that have run since the last call.</summary>
    private void ReadRows()
    {
        for (var row = 0; read < planned; row++, read++)
        {
            var values = rows.AsSpan(row * session.Classes, session.Classes);
            if (read == 0)
            {
                label = classIndex ?? Prediction.Top(values, session.Card.Labels, 1)[0].Label.Index;
                probability = values[label];
            }
            else
            {
                falls[read - 1] = probability - values[label];
            }
        }
    }

    /// <summary>The crop's own mean colour covers a part without adding anything new to the picture.</summary>
    private static byte[] MeanColour(byte[] pixels) =>
    [
        .. pixels.Chunk(pixels.Length / NetworkArchitecture.Channels)
            .Select(plane => (byte)Math.Round(plane.Average(value => (double)value))),
    ];
}
