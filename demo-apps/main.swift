// The `inspector` command with its demo apps. A program of your own looks the same, with your own apps in the list.

import Inspector

InspectorProgram.main(hosting: [Weather.make, Shop.make, Troubles.make, Questions.make, RecordedModel.make, links])
