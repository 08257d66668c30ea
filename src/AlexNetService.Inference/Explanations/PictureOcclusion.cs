using System.Buffers;
using AlexNetService.Imaging;
using AlexNetService.Inference.Batching;
using AlexNetService.Inference.Decoding;
using AlexNetService.Inference.Diagnostics;
using AlexNetService.Inference.Ensembles;
using AlexNetService.Inference.Sessions;
using AlexNetService.ModelSpec.Architecture;

namespace AlexNetService.Inference.Explanations;

/// <summary>
/// Covers one part of a photograph after the other and looks how much a class's probability falls (Zeiler and Fergus 2014 §4.2). The
/// covered crops go through the same queue as everybody's, a run's worth of them at a time.
/// </summary>
/// <param name="engine">Runs the crops.</param>
/// <param name="decoders">Decode the photograph.</param>
/// <param name="time">Where timestamps and deadlines come from.</param>
/// <param name="meters">Told of what is refused, expired or cancelled, or null.</param>
public sealed class PictureOcclusion(CropEngine engine, DecodeWorkers decoders, TimeProvider time, InferenceMeters? meters = null)
{
    private readonly PicturePath path = new(engine, decoders, time, meters);

    /// <summary>
    /// Makes the map of a photograph's centre crop within the time that <see cref="QueueOptions.DeadlineMs"/> gives it; here that is the
    /// time until the last run begins.
    /// </summary>
    /// <param name="encoded">The file's bytes; must stay as they are until the task is done.</param>
    /// <param name="session">The model.</param>
    /// <param name="grid">Where the square is laid; made for the model's crop.</param>
    /// <param name="index">Index of the class; null is the most probable one.</param>
    /// <param name="cancellation">Takes the photograph out of the queue.</param>
    /// <exception cref="ArgumentException">The grid is made for another crop, or there is no such class.</exception>
    /// <exception cref="OperationCanceledException">It was taken out.</exception>
    public async Task<OcclusionResult> MapAsync(
        ReadOnlyMemory<byte> encoded, ModelSession session, OcclusionGrid grid, int? index, CancellationToken cancellation)
    {
        var input = session.Card.Preprocessing;
        if (grid.Crop != input.Crop || index < 0 || index >= session.Classes)
        {
            throw new ArgumentException($"'{session.Card.Name}' has crops of {input.Crop} pixels and {session.Classes} classes.");
        }

        var together = Math.Min(grid.Count, Math.Min(session.MaxCropsPerRun, engine.Options.LimitCrops));
        var (map, unanswered) = await path.GoAsync(
            together, encoded, [input.Canvas], path.Usual, picture => Map(picture, session, grid, index, together), cancellation);
        return new OcclusionResult(map, unanswered);
    }

    private static async Task<Outcome<OcclusionMap>> Map(
        OpenPicture picture, ModelSession session, OcclusionGrid grid, int? index, int together)
    {
        var input = session.Card.Preprocessing;
        var plain = new byte[session.CropBytes];
        CropViews.Centre(new CropGeometry(input.Canvas, input.Crop))[0].CopyTo(
            picture.Canvases[input.Canvas].Span, input.Canvas, plain, input.Crop);
        var fill = MeanColour(plain);
        var falls = new float[grid.Count];
        var crops = ArrayPool<byte>.Shared.Rent(together * session.CropBytes);
        var rows = ArrayPool<float>.Shared.Rent(together * session.Classes);
        try
        {
            var first = await Run(plain, 1);
            var label = index ?? Prediction.Top(rows.AsSpan(0, session.Classes), session.Card.Labels, 1)[0].Label.Index;
            var probability = rows[label];
            var last = first;
            for (var done = 0; done < grid.Count; done += together)
            {
                var count = Math.Min(together, grid.Count - done);
                for (var i = 0; i < count; i++)
                {
                    var crop = crops.AsSpan(i * session.CropBytes, session.CropBytes);
                    plain.CopyTo(crop);
                    grid.Cover(done + i, fill, crop);
                }

                last = await Run(crops.AsMemory(0, count * session.CropBytes), count);
                for (var i = 0; i < count; i++)
                {
                    falls[done + i] = probability - rows[(i * session.Classes) + label];
                }
            }

            // Both waits are counted from the canvas, so that the difference is the time between the first run and the last.
            var timing = first with { Infer = last.Queue + last.Infer - first.Queue };
            return new OcclusionMap(session.Card.Labels[label], probability, grid, fill, falls, plain, timing);
        }
        finally
        {
            // No run has them any more: a work that was begun with is waited for, whatever happens to its client.
            ArrayPool<byte>.Shared.Return(crops);
            ArrayPool<float>.Shared.Return(rows);
        }

        Task<ClassificationTiming> Run(ReadOnlyMemory<byte> given, int count) => picture.RunAsync(
            [
                new GivenWork(
                    session,
                    GivenCrops.Pixels(given),
                    new CropTargets { Probabilities = rows.AsMemory(0, count * session.Classes) }),
            ],
            keepPlace: true);
    }

    /// <summary>The mean colour of the crop itself: what covers a part of it, and tells nothing new.</summary>
    private static byte[] MeanColour(ReadOnlySpan<byte> pixels)
    {
        var (mean, plane) = (new byte[NetworkArchitecture.Channels], pixels.Length / NetworkArchitecture.Channels);
        for (var channel = 0; channel < mean.Length; channel++)
        {
            long sum = 0;
            foreach (var value in pixels.Slice(channel * plane, plane))
            {
                sum += value;
            }

            mean[channel] = (byte)Math.Round(sum / (double)plane);
        }

        return mean;
    }
}
