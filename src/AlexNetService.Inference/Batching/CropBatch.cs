using AlexNetService.Inference.Sessions;

namespace AlexNetService.Inference.Batching;

/// <summary>Runs the crops of several works through their common session, as few runs as its buffers allow.</summary>
internal static class CropBatch
{
    /// <param name="works">Works of one session; each is finished as soon as its last crop ran.</param>
    /// <param name="time">Where timestamps come from.</param>
    public static void Run(IReadOnlyList<CropWork> works, TimeProvider time)
    {
        var session = works[0].Session;
        var buffers = session.Rent();
        var places = new List<(CropWork Work, bool Last)>(session.MaxCropsPerRun);
        var started = time.GetTimestamp();
        foreach (var work in works)
        {
            work.Started = started;
            for (var crop = 0; crop < work.Crops; crop++)
            {
                work.CopyCrop(crop, buffers.Crop(places.Count));
                places.Add((work, crop == work.Crops - 1));
                if (places.Count == session.MaxCropsPerRun)
                {
                    RunPlaces(session, buffers, places, time);
                }
            }
        }

        if (places.Count > 0)
        {
            RunPlaces(session, buffers, places, time);
        }

        session.Return(buffers);
    }

    private static void RunPlaces(ModelSession session, RunBuffers buffers, List<(CropWork Work, bool Last)> places, TimeProvider time)
    {
        session.Execute(buffers, places.Count, OutputKinds.Probabilities);
        var finished = time.GetTimestamp();
        for (var i = 0; i < places.Count; i++)
        {
            var (work, last) = places[i];
            work.Add(buffers.Row(OutputKinds.Probabilities, i));
            if (last)
            {
                work.Finish(finished);
            }
        }

        places.Clear();
    }
}
