using AlexNetService.Inference.Ensembles;
using AlexNetService.Inference.Requests;
using AlexNetService.Inference.Sessions;

namespace AlexNetService.Inference.Tests.Graphs;

/// <summary>Runs works together on the calling thread, without a queue.</summary>
internal static class TestBatch
{
    /// <summary>A request that a work can belong to.</summary>
    public static InferenceRequest Request(ModelSession session) => new PhotographRequest(default, Ensemble.Alone(session), TestViews.Ten);

    /// <param name="works">Works of one session, each of its own request.</param>
    public static void Run(params CropJob[] works)
    {
        var steps = Array.ConvertAll(works, work => work.Request.BeginStep([work]));
        new CropBatch(TimeProvider.System, meters: null).Run(works, TimeProvider.System.GetTimestamp());
        Assert.All(steps, step => Assert.True(step.IsCompletedSuccessfully));
    }
}
