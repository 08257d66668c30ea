namespace AlexNetService.OpenInference;

/// <summary>Counts the requests of this protocol by model and version.</summary>
public sealed class InferenceStatistics(TimeProvider time)
{
    private readonly Lock gate = new();
    private readonly Dictionary<(string Name, string Version), ModelStatistics> models = [];

    /// <summary>The requests to a model so far.</summary>
    public ModelStatistics Of(ProtocolModel model)
    {
        lock (gate)
        {
            return models.GetValueOrDefault((model.Name, model.Version)) ?? new ModelStatistics(
                model.Name, model.Version, 0, 0, new InferenceTimes(default, default, default, default, default));
        }
    }

    /// <summary>Counts a request, which failed if there is no answer.</summary>
    public void Add(ProtocolModel model, InferResponse? answer, TimeSpan elapsed)
    {
        lock (gate)
        {
            var (before, now) = (Of(model), time.GetUtcNow().ToUnixTimeMilliseconds());
            var times = before.Inferences;
            models[(model.Name, model.Version)] = before with
            {
                LastInference = now,
                InferenceCount = before.InferenceCount + (answer?.Rows ?? 0),
                Inferences = answer is null
                    ? times with { Fail = times.Fail.Plus(elapsed) }
                    : times with
                    {
                        Success = times.Success.Plus(elapsed),
                        Queue = times.Queue.Plus(answer.Timing.Queue),
                        ComputeInput = times.ComputeInput.Plus(answer.Timing.Decode),
                        ComputeInfer = times.ComputeInfer.Plus(answer.Timing.Infer),
                    },
            };
        }
    }
}
