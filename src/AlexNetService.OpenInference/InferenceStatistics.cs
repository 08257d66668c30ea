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
            var counted = Counted(model);
            var runs = model.Runs;
            return counted with
            {
                ExecutionCount = model.Session is null ? counted.Inferences.Success.Count : runs.Sum(total => total.Runs),
                Batches = [.. runs.Select(BatchTimes.Of)],
            };
        }
    }

    /// <summary>Counts a request, which failed if there is no answer.</summary>
    public void Add(ProtocolModel model, InferResponse? answer, TimeSpan elapsed)
    {
        lock (gate)
        {
            var (before, now) = (Counted(model), time.GetUtcNow().ToUnixTimeMilliseconds());
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
                        ComputeOutput = times.ComputeOutput.Plus(answer.OutputTime),
                    },
            };
        }
    }

    private ModelStatistics Counted(ProtocolModel model) => models.GetValueOrDefault((model.Name, model.Version))
        ?? new ModelStatistics(model.Name, model.Version, 0, 0, 0, new InferenceTimes(), []);
}
