using AlexNetService.Inference.Diagnostics;
using AlexNetService.Inference.Sessions;
using AlexNetService.ModelSpec.Package;

namespace AlexNetService.Inference.Requests;

/// <summary>Runs the crops of several jobs through their session, in as few runs as its memory allows. For one thread.</summary>
internal sealed class CropBatch(TimeProvider time, InferenceMeters? meters)
{
    private readonly List<(CropJob Job, int First, int Count)> parts = [];

    /// <summary>Runs jobs of one session, at least one. Each is finished as soon as its last crop has run.</summary>
    public void Run(IReadOnlyList<CropJob> jobs, long started)
    {
        var session = jobs[0].Session;
        parts.Clear();
        var run = session.Rent();
        try
        {
            foreach (var job in jobs)
            {
                job.Started = started;
                meters?.Waited(session, time.GetElapsedTime(job.Submitted, started));
                Add(run, job);
            }

            if (run.Count > 0)
            {
                Execute(run, session);
            }
        }
        finally
        {
            session.Return(run);
        }
    }

    private void Add(CropRun run, CropJob job)
    {
        for (var first = 0; first < job.Crops;)
        {
            // A canvas whose crops are split across runs would go through the trunk twice.
            if (run.Room == 0 || (run.Count > 0 && job.Crops > run.Room && job.Crops <= run.Count + run.Room))
            {
                Execute(run, job.Session);
            }

            var count = Math.Min(run.Room, job.Crops - first);
            parts.Add((job, first, count));
            job.AddTo(run, first, count);
            first += count;
        }
    }

    private void Execute(CropRun run, ModelSession session)
    {
        // An output that any of the jobs needs is computed for all rows: that costs less than another run.
        OutputKinds kinds = 0;
        foreach (var part in parts)
        {
            kinds |= part.Job.Kinds;
        }

        var begun = time.GetTimestamp();
        run.Execute(kinds);
        var finished = time.GetTimestamp();
        session.Ran(run.Count, time.GetElapsedTime(begun, finished));
        meters?.Ran(session, run.Count, time.GetElapsedTime(begun, finished));
        var row = 0;
        foreach (var (job, first, count) in parts)
        {
            for (var i = 0; i < count; i++)
            {
                // Whoever gives floats may give any, and gets what the model makes of them.
                if ((job.Request.Photograph is not null || session.Card.Preprocessing.Type == PixelType.UInt8)
                    && !run.IsFinite(job.Kinds, row))
                {
                    job.Request.NotFinite = session.Card.Name;
                }

                job.Read(first + i, run, row++);
            }

            if (first + count == job.Crops)
            {
                job.Finish(finished);
            }
        }

        parts.Clear();
        run.Begin();
    }
}
