extension ReplayReport { package var html: String { "" } }
