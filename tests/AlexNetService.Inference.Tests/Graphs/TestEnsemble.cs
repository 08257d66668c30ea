using AlexNetService.Imaging;
using AlexNetService.Inference.Ensembles;
using AlexNetService.Inference.Requests;
using AlexNetService.Inference.Sessions;

namespace AlexNetService.Inference.Tests.Graphs;

/// <summary>Ensembles of test models, and the answers that they must give.</summary>
internal static class TestEnsemble
{
    public static Ensemble Of(params ModelSession[] members) => Of([.. members.Select(member => new EnsembleMember(member))]);

    public static Ensemble Of(params EnsembleMember[] members) =>
        Ensemble.TryCreate(members, out var ensemble, out var reason) ? ensemble : throw new InvalidOperationException(reason);

    /// <summary>A photograph that decodes to a canvas, byte for byte.</summary>
    public static byte[] Png(Canvas canvas) => CanvasEncoder.Png(canvas.Pixels, canvas.Side);

    public static byte[] Png(int seed) => Png(TestFolder.RandomCanvas(seed));

    public static CropWindow[] Windows(ModelSession session, TestViews views)
    {
        var input = session.Card.Preprocessing;
        return CropViews.Of((int)views, new(input.Canvas, input.Crop));
    }

    /// <summary>The mean over the views, each cut and run alone.</summary>
    public static float[] CropByCrop(ModelSession session, Canvas canvas, TestViews views)
    {
        var (crop, row, mean) = (new byte[session.CropBytes], new float[session.Classes], new float[session.Classes]);
        foreach (var window in Windows(session, views))
        {
            window.CopyTo(canvas.Pixels, canvas.Side, crop, session.Card.Preprocessing.Crop);
            session.Run(crop, 1, row);
            for (var i = 0; i < row.Length; i++)
            {
                mean[i] += row[i] / (float)views;
            }
        }

        return mean;
    }

    /// <summary>Runs a photograph and reads the answer.</summary>
    public static async Task<float[]> ProbabilitiesAsync(
        this InferenceEngine engine, Ensemble ensemble, Canvas canvas, TestViews views = TestViews.Ten)
    {
        using var result = await engine.RunAsync(new PhotographRequest(Png(canvas), ensemble, views));
        return Assert.IsType<InferenceResult.Answered>(result).Probabilities.ToArray();
    }

    public static void Equal(ReadOnlySpan<float> expected, ReadOnlySpan<float> found, float tolerance = 1e-6f)
    {
        Assert.Equal(expected.Length, found.Length);
        for (var i = 0; i < expected.Length; i++)
        {
            Assert.Equal(expected[i], found[i], tolerance);
        }
    }
}
