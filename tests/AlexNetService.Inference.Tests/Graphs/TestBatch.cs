using AlexNetService.Inference.Ensembles;
using AlexNetService.Inference.Requests;
using AlexNetService.Inference.Sessions;

namespace AlexNetService.Inference.Tests.Graphs;

/// <summary>Runs jobs together on the calling thread, without a queue.</summary>
internal static class TestBatch
{
    /// <summary>A request that a job can belong to.</summary>
    public static InferenceRequest Request(ModelSession session) => new PhotographRequest(default, Ensemble.Alone(session), TestViews.Ten);

    /// <param name="jobs">Jobs of one session, each of its own request.</param>
    public static void Run(params CropJob[] jobs)
    {
        var steps = Array.ConvertAll(jobs, job => job.Request.BeginStep([job]));
        new CropBatch(TimeProvider.System, meters: null).Run(jobs, TimeProvider.System.GetTimestamp());
        Assert.All(steps, step => Assert.True(step.IsCompletedSuccessfully));
    }
}
