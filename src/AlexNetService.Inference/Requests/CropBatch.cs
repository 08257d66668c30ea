using AlexNetService.Inference.Diagnostics;
using AlexNetService.Inference.Sessions;

namespace AlexNetService.Inference.Requests;

/// <summary>Runs the crops of several works through their session, in as few runs as its memory allows. For one thread.</summary>
internal sealed class CropBatch(TimeProvider time, InferenceMeters? meters)
{
    private readonly List<(CropWork Work, int First, int Count)> parts = [];

    /// <summary>Runs works of one session, at least one. Each is finished as soon as its last crop has run.</summary>
    public void Run(IReadOnlyList<CropWork> works, long started)
    {
        var session = works[0].Session;
        parts.Clear();
        var run = session.Rent();
        try
        {
            foreach (var work in works)
            {
                work.Started = started;
                meters?.Waited(session, time.GetElapsedTime(work.Submitted, started));
                Add(run, work);
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

    private void Add(CropRun run, CropWork work)
    {
        for (var first = 0; first < work.Crops;)
        {
            // A canvas whose crops are split across runs would go through the trunk twice.
            if (run.Room == 0 || (run.Count > 0 && work.Crops > run.Room && work.Crops <= run.Count + run.Room))
            {
                Execute(run, work.Session);
            }

            var count = Math.Min(run.Room, work.Crops - first);
            parts.Add((work, first, count));
            work.AddTo(run, first, count);
            first += count;
        }
    }

    private void Execute(CropRun run, ModelSession session)
    {
        // An output that any of the works needs is computed for all rows: that costs less than another run.
        OutputKinds kinds = 0;
        foreach (var part in parts)
        {
            kinds |= part.Work.Kinds;
        }

        var begun = time.GetTimestamp();
        run.Execute(kinds);
        var finished = time.GetTimestamp();
        session.Ran(run.Count, time.GetElapsedTime(begun, finished));
        meters?.Ran(session, run.Count, time.GetElapsedTime(begun, finished));
        var row = 0;
        foreach (var (work, first, count) in parts)
        {
            for (var i = 0; i < count; i++)
            {
                work.Read(first + i, run, row++);
            }

            if (first + count == work.Crops)
            {
                work.Finish(finished);
            }
        }

        parts.Clear();
        run.Begin();
    }
}
