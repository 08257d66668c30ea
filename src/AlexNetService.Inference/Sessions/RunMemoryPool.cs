namespace AlexNetService.Inference.Sessions;

/// <summary>
/// The memory of runs, one block for each run at a time whatever its model: members of an ensemble take turns with it, and a model that
/// is loaded again finds it.
/// </summary>
internal sealed class RunMemoryPool
{
    private readonly Lock gate = new();
    private readonly List<RunMemory> idle = [];

    /// <param name="bytes">Length at least.</param>
    public RunMemory Rent(int bytes)
    {
        lock (gate)
        {
            var found = idle.FindLastIndex(memory => memory.Length >= bytes);
            if (found < 0 && idle.Count > 0)
            {
                // Too small for the largest model that there is now, and so of no use to anybody.
                idle[^1].Retired = true;
                idle.RemoveAt(idle.Count - 1);
            }

            if (found >= 0)
            {
                var memory = idle[found];
                idle.RemoveAt(found);
                return memory;
            }
        }

        return new RunMemory(bytes);
    }

    public void Return(RunMemory memory)
    {
        lock (gate)
        {
            idle.Add(memory);
        }
    }
}
